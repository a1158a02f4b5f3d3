"""English."""

from voxd.text.abbreviations import Abbreviations, words

ABBREVIATIONS = Abbreviations(
    opening=words(
        "dr mr mrs ms mx messrs prof rev hon st gen col lt sgt capt cmdr gov sen rep pres mt ft vs cf approx ca "
        "e.g i.e eg ie viz resp dept"
    ),
    numbering=words("no nos nr fig figs vol vols p pp ch sec art para tel ext ed jan feb apr aug sept oct nov dec"),
    closing=words("etc a.m p.m am pm inc ltd co corp jr sr bros u.s u.k u.s.a e.u ph.d b.a m.a d.c ave blvd rd est"),
)
