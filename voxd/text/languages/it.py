"""Italian."""

from voxd.text.abbreviations import Abbreviations, words

ABBREVIATIONS = Abbreviations(
    opening=words(
        "sig sigg sig.ra sig.na ing avv arch dott dott.ssa dr prof prof.ssa geom rag on sen mons ca es p.es "
        "ad.es cfr vs gent egr spett"
    ),
    numbering=words("n no nr art cap fig pag pagg vol tel gen feb mar apr mag giu lug ago set ott nov dic"),
    closing=words("ecc etc a.m p.m s.p.a s.r.l a.c d.c co"),
)
