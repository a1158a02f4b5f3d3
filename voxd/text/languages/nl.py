"""Dutch."""

from voxd.text.abbreviations import Abbreviations, words

ABBREVIATIONS = Abbreviations(
    opening=words(
        "dr drs dhr mevr mw mr ir ing prof ds st ca bijv bv d.w.z o.a m.b.t t.o.v i.v.m n.a.v z.g zgn resp incl excl "
        "evt max min vs ong t/m m.a.w i.p.v z.s.m"
    ),
    numbering=words("nr nrs art blz hfst fig pag tel jan feb mrt apr jun jul aug sept okt nov dec"),
    closing=words("enz etc a.m p.m e.d e.a n.chr v.chr co str"),
)
