"""German."""

from voxd.text.abbreviations import Abbreviations, words

MONTHS = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni"),
    *("Juli", "August", "September", "Oktober", "November", "Dezember"),
)
ORDINAL_OPENERS = words(
    "der die das dem den des am im zum zur vom beim ein eine einem einen einer jeder jede jedes jeden jedem "
    "dieser diese dieses diesen diesem mein dein sein ihr unser"
)
ABBREVIATIONS = Abbreviations(
    opening=words(
        "dr prof hr fr frl ing dipl st hl bzw bzgl ca evtl ggf inkl exkl zzgl vgl sog gem lt max min mind "
        "z.b z.t d.h u.a u.ä i.d.r v.a s.o s.u o.ä m.e d.i sen jun geb gest vs allg insb zb"
    ),
    numbering=words("nr abs art abb bd kap s tel jan feb mär apr aug sept okt nov dez mo di mi do sa so ziff"),
    closing=words("usw etc u.s.w usf str jh jhd uhr tsd mio mrd std sek a.m p.m co inc n.chr v.chr chr"),
    ordinal_openers=ORDINAL_OPENERS,
    months=frozenset(month.lower() for month in MONTHS),
)
