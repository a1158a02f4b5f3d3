"""What a voice says to nobody so that its loudness is known: ten sentences in its language.

They hold no numbers and no abbreviations, so that an engine can be given them as they are, and questions as well as
statements, as announcements do.
"""

PASSAGES: dict[str, tuple[str, ...]] = {
    "en": (
        "Good morning, and welcome home.",
        "The washing machine has finished its work.",
        "Somebody is waiting at the front door.",
        "Did you remember to close the windows upstairs?",
        "It will rain in the afternoon, so please take an umbrella.",
        "Dinner is ready, and everybody is invited to the table.",
        "The garage has been open for more than an hour.",
        "Are you still awake, or shall I turn off the lights?",
        "The battery of the smoke detector in the hall is nearly empty.",
        "Thank you for listening, and have a wonderful evening.",
    ),
    "de": (
        "Guten Morgen und willkommen zu Hause.",
        "Die Waschmaschine ist mit ihrer Arbeit fertig.",
        "Jemand wartet draußen vor der Haustür.",
        "Hast du daran gedacht, oben die Fenster zu schließen?",
        "Am Nachmittag wird es regnen, nimm also bitte einen Schirm mit.",
        "Das Essen ist fertig, und alle sind zu Tisch gebeten.",
        "Die Garage steht seit mehr als einer Stunde offen.",
        "Bist du noch wach, oder soll ich das Licht ausschalten?",
        "Die Batterie des Rauchmelders im Flur ist beinahe leer.",
        "Danke fürs Zuhören und noch einen wunderschönen Abend.",
    ),
    "fr": (
        "Bonjour et bienvenue à la maison.",
        "La machine à laver a terminé son travail.",
        "Quelqu'un attend devant la porte d'entrée.",
        "As-tu pensé à fermer les fenêtres à l'étage ?",
        "Il va pleuvoir cet après-midi, alors prenez un parapluie.",
        "Le dîner est prêt, tout le monde est invité à table.",
        "Le garage est ouvert depuis plus d'une heure.",
        "Es-tu encore réveillé, ou dois-je éteindre la lumière ?",
        "La pile du détecteur de fumée dans le couloir est presque vide.",
        "Merci de votre attention et passez une excellente soirée.",
    ),
    "es": (
        "Buenos días y bienvenidos a casa.",
        "La lavadora ha terminado su trabajo.",
        "Alguien está esperando en la puerta de entrada.",
        "¿Te has acordado de cerrar las ventanas de arriba?",
        "Por la tarde va a llover, así que llévate un paraguas.",
        "La cena está lista y todos están invitados a la mesa.",
        "El garaje lleva abierto más de una hora.",
        "¿Sigues despierto o apago ya las luces?",
        "La pila del detector de humo del pasillo está casi agotada.",
        "Gracias por escuchar y que tengas una noche maravillosa.",
    ),
    "it": (
        "Buongiorno e benvenuti a casa.",
        "La lavatrice ha finito il suo lavoro.",
        "Qualcuno sta aspettando davanti alla porta di casa.",
        "Ti sei ricordato di chiudere le finestre di sopra?",
        "Nel pomeriggio pioverà, quindi prendi con te un ombrello.",
        "La cena è pronta e tutti sono invitati a tavola.",
        "Il garage è aperto da più di un'ora.",
        "Sei ancora sveglio, oppure posso spegnere le luci?",
        "La batteria del rilevatore di fumo nel corridoio è quasi scarica.",
        "Grazie per l'ascolto e buona serata a tutti.",
    ),
    "nl": (
        "Goedemorgen en welkom thuis.",
        "De wasmachine is klaar met haar werk.",
        "Er staat iemand voor de deur te wachten.",
        "Heb je eraan gedacht om boven de ramen te sluiten?",
        "Vanmiddag gaat het regenen, neem dus een paraplu mee.",
        "Het eten is klaar, en iedereen mag aan tafel komen.",
        "De garage staat al meer dan een uur open.",
        "Ben je nog wakker, of zal ik het licht uitdoen?",
        "De batterij van de rookmelder in de gang is bijna leeg.",
        "Bedankt voor het luisteren en een heel fijne avond.",
    ),
    "zh": (
        "早上好，欢迎回家。",
        "洗衣机洗完了。",
        "有人在门口等着。",
        "楼上的窗户关好了吗？",
        "下午有雨，请带上雨伞。",
        "晚饭做好了，请来吃饭。",
        "车库的门还开着。",
        "你睡了吗，要关灯吗？",
        "烟雾报警器快没电了。",
        "谢谢收听，祝你晚安。",
    ),
}


def passage(language: str) -> tuple[str, ...]:
    """The ten sentences for a BCP 47 tag; English for a language that has none here."""
    base = language.lower().replace("_", "-").partition("-")[0]
    return PASSAGES.get("zh" if base in {"cmn", "yue"} else base, PASSAGES["en"])
