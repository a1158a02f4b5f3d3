"""Spanish."""

from voxd.text.abbreviations import Abbreviations, words

ABBREVIATIONS = Abbreviations(
    opening=words(
        "sr sra sres sras srta srtas dr dra drs dras prof profa d dª dña lic ing arq gral tte sto sta av avda "
        "p.ej ej aprox máx mín vs cf ud uds vd vds ee"
    ),
    numbering=words("no núm nº n.º pág págs art cap fig vol tel tfno ene feb abr jun jul ago sept oct nov dic"),
    closing=words("etc a.m p.m ee.uu uu cía ltda s.a s.l a.c d.c"),
)
