"""The command line: verbs and their options; parsing and exit codes only.

Exit codes: 0 good, 1 a problem (a sentence on standard error says which), 2 wrong usage.
"""

import argparse
import gc
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from voxd import __version__
from voxd.errors import SettingsError, VoxdError
from voxd.lib import logs
from voxd.settings import Settings
from voxd.settings_file import load

GOOD, PROBLEM, WRONG_USAGE = 0, 1, 2
INTERRUPTED = 130
PRIORITIES = ("low", "normal", "high", "alarm")
ORDERS = (
    ("ack", "acknowledge", "id", "acknowledge alarms, so that they are silent and not repeated any more"),
    ("stop", "stop", "id", "be silent at once: end what is being said, drop what waits"),
    ("skip", "skip", "id", "end what is being said; the next one follows"),
    ("clear", "clear", "id", "drop what waits; what is being said goes on"),
    ("replay", "replay", "id", "say again what was heard last"),
    ("pause", "pause", "zone", "hold everything but alarms"),
    ("resume", "resume", "zone", "let what is held go on"),
)
"""The verb, the daemon's word for it, whether it may be about a single announcement, and what it does."""

Verb = Callable[[argparse.Namespace], int]


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say and give the exit code."""
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    verb: Verb = options.verb
    try:
        return verb(options)
    except VoxdError as error:
        failures: tuple[VoxdError, ...] = (error,)
    except ExceptionGroup as group:
        failures = _expected(group)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return PROBLEM
    for sentence in dict.fromkeys(map(_sentence, failures)):
        _complain(sentence)
    return PROBLEM


def _expected(group: ExceptionGroup[Exception]) -> tuple[VoxdError, ...]:
    """What went wrong in several parts at once; raises the group as it is where there is a bug among it."""
    found: list[VoxdError] = []
    for error in group.exceptions:
        if isinstance(error, ExceptionGroup):
            found += _expected(error)
        elif isinstance(error, VoxdError):
            found.append(error)
        else:
            raise group
    return tuple(found)


def _sentence(error: VoxdError) -> str:
    if isinstance(error, SettingsError):
        count = len(error.mistakes)
        return f"The settings have {count} mistake{'s' if count > 1 else ''}:\n{error}"
    return f"voxd: {error}"


def _complain(text: str) -> None:
    print(text, file=sys.stderr)


def _settings(options: argparse.Namespace) -> Settings:
    if options.instance is None:
        return load(options.config, options.set)
    from voxd.commands.instance import placed

    if options.config is not None:
        raise VoxdError("Give --instance or --config: each says which settings")
    place = placed(options.instance)
    return load(place.settings, (*place.options, *options.set))


def _run(options: argparse.Namespace) -> int:
    gc.disable()  # what is imported stays: a tenth of the start would be a search for garbage in it
    from voxd.commands import run as verb

    gc.freeze()
    gc.enable()
    settings = _settings(options)
    logs.configure(settings.log.level)
    if options.once and not options.first:
        raise VoxdError("--once goes with --first")
    if options.first:
        from voxd.commands import first_run

        return GOOD if first_run.run(settings, lambda: _settings(options), once=options.once) else PROBLEM
    verb.run(settings, lambda: _settings(options))
    return GOOD


def _say(options: argparse.Namespace) -> int:
    from voxd.commands import say as verb

    settings = _settings(options)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    wish = verb.Wish(
        text=_text(options),
        voice=options.voice,
        language=options.language,
        rate=options.rate,
        zones=tuple(options.zone),
        volume=options.volume,
        priority=options.priority,
        ttl_s=options.ttl,
        replaces=options.replaces,
        chime=False if options.no_chime else options.chime,
    )
    if options.output is not None:
        if announced := wish.content(*verb.ANNOUNCED):
            raise VoxdError(f"{', '.join(announced)}: this has no meaning for a file; leave it out with -o")
        verb.render(settings, wish, options.output)
    else:
        verb.say(settings, wish, wait=not options.no_wait)
    return GOOD


def _text(options: argparse.Namespace) -> str:
    if options.text and options.text != ["-"]:
        return " ".join(options.text)
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise VoxdError("Standard input is not UTF-8 text") from error


def _check(options: argparse.Namespace) -> int:
    from voxd.commands import check as verb

    logging.basicConfig(level=logging.CRITICAL)
    settings = _settings(options)
    if options.settings_only:
        print("The settings are valid")
        return GOOD
    return GOOD if verb.check(settings, options.instance or "") else PROBLEM


def _support_bundle(options: argparse.Namespace) -> int:
    from voxd.commands.support import bundle as verb

    logging.basicConfig(level=logging.CRITICAL)
    settings, mistakes = Settings(), ""
    try:
        settings = _settings(options)
    except SettingsError as error:
        mistakes = _sentence(error)
    named = {"--config": options.config, "--instance": options.instance}
    given = [f"{option}={value}" for option, value in named.items() if value]
    verb.make(settings, mistakes, options.file, [*given, *(f"--set={one}" for one in options.set)])
    return GOOD


def _status(options: argparse.Namespace) -> int:
    from voxd.commands import status as verb

    verb.show(_settings(options), as_json=options.json)
    return GOOD


def _order(options: argparse.Namespace) -> int:
    from voxd.commands import orders as verb

    verb.give(_settings(options), options.order, getattr(options, "id", None), getattr(options, "zone", ()))
    return GOOD


def _do_not_disturb(options: argparse.Namespace) -> int:
    from voxd.commands import orders as verb

    verb.do_not_disturb(_settings(options), options.zone, on=options.switch == "on", passes=options.passes)
    return GOOD


def _restart(options: argparse.Namespace) -> int:
    from voxd.commands import restarting as verb

    verb.restart(_settings(options), wait=not options.no_wait)
    return GOOD


def _backup(options: argparse.Namespace) -> int:
    from voxd.commands import backup as verb

    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    verb.backup(_settings(options), options.file)
    return GOOD


def _restore(options: argparse.Namespace) -> int:
    from voxd.commands import restore as verb

    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    verb.restore(_settings(options), options.file, only_look=options.check)
    return GOOD


def _tidy(options: argparse.Namespace) -> int:
    from voxd.commands import tidy as verb

    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    verb.tidy(_settings(options))
    return GOOD


def _siren(options: argparse.Namespace) -> int:
    from voxd.commands import orders as verb

    how = {"tone": options.tone, "lasts_s": options.duration, "volume": options.volume}
    verb.siren(_settings(options), options.zone, on=options.switch == "on", **how)
    return GOOD


def _prefer(options: argparse.Namespace) -> int:
    from voxd.commands import preferring as verb

    verb.prefer(_settings(options), options.voice, options.chime, options.rate, options.volume, options.zone)
    return GOOD


def _history(options: argparse.Namespace) -> int:
    from voxd.commands import history as verb

    verb.show(_settings(options), options.limit, options.state, as_json=options.json)
    return GOOD


def _chimes(options: argparse.Namespace) -> int:
    from voxd.commands import chimes as verb

    verb.show(_settings(options))
    return GOOD


def _devices(options: argparse.Namespace) -> int:
    from voxd.commands import devices as verb

    verb.show(_settings(options))
    return GOOD


def _voices(options: argparse.Namespace) -> int:
    from voxd.commands import voices as verb

    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    verb.list_(_settings(options), language=options.language)
    return GOOD


def _show_voice(options: argparse.Namespace) -> int:
    from voxd.commands import voices as verb

    verb.show(_settings(options), options.name)
    return GOOD


def _enroll(options: argparse.Namespace) -> int:
    from voxd.commands import enrolling as verb

    wish = verb.Wish(
        name=options.name,
        reference=options.reference,
        transcript=options.transcript,
        language=options.language,
        engine=options.engine,
        consent=options.consent,
        seed=options.seed,
        fallbacks=tuple(options.fallback),
    )
    verb.enroll(_settings(options), wish)
    return GOOD


def _test_voice(options: argparse.Namespace) -> int:
    from voxd.commands import enrolling as verb

    text = " ".join(options.text) or None
    verb.test(_settings(options), options.name, text, heard=not options.silent)
    return GOOD


def _remove_voice(options: argparse.Namespace) -> int:
    from voxd.commands import enrolling as verb

    verb.remove(_settings(options), options.name)
    return GOOD


def _engine(options: argparse.Namespace) -> int:
    from voxd.commands import engine as verb

    if options.child:
        verb.run_as_child(options.name)
    else:
        verb.run(_settings(options), options.name)
    return GOOD


def _cache(options: argparse.Namespace) -> int:
    from voxd.commands import cache as verb

    settings = _settings(options)
    {"stats": verb.show_stats, "clear": verb.clear}[options.action](settings)
    return GOOD


def _fetch(options: argparse.Namespace) -> int:
    from voxd.commands import models as verb

    verb.fetch(_settings(options), options.model, options.revision)
    return GOOD


def _models(options: argparse.Namespace) -> int:
    from voxd.commands import models as verb

    verb.show(_settings(options))
    return GOOD


def _check_models(options: argparse.Namespace) -> int:
    from voxd.commands import models as verb

    return GOOD if verb.check(_settings(options), options.model) else PROBLEM


def _parser() -> argparse.ArgumentParser:
    common = _common(None, [])
    parser = argparse.ArgumentParser(prog="voxd", description="A voice appliance for the smart home.")
    parser.add_argument("--version", action="version", version=f"voxd {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _add_run(verbs.add_parser("run", parents=[common], help="serve in the foreground, as systemd starts it"))
    _add_say(verbs.add_parser("say", parents=[common], help="say something now, or render it into a file"))
    _add_orders(verbs, common)
    _add_history(verbs.add_parser("history", parents=[common], help="tell what was announced and what became of it"))
    chimes = verbs.add_parser("chimes", parents=[common], help="list the chimes, yours among them")
    chimes.set_defaults(verb=_chimes)
    check = verbs.add_parser("check", parents=[common], help="check settings, broker, engines, devices and folders")
    check.add_argument("--settings-only", action="store_true", help="check the settings and look at nothing else")
    check.set_defaults(verb=_check)
    support = verbs.add_parser(
        "support-bundle", parents=[common], help="collect what a maintainer needs, without secrets or what was said"
    )
    support.add_argument("file", nargs="?", type=Path, metavar="FILE", help="default: voxd-support-DATE.tar.gz, here")
    support.set_defaults(verb=_support_bundle)
    status = verbs.add_parser("status", parents=[common], help="tell what the daemon does and how its engines are")
    status.add_argument("--json", action="store_true", help="all that is known, for programs")
    status.set_defaults(verb=_status)
    restart = verbs.add_parser("restart", parents=[common], help="have the daemon end in order and begin anew")
    restart.add_argument("--no-wait", action="store_true", help="return at once, not when it serves again")
    restart.set_defaults(verb=_restart)
    devices = verbs.add_parser("devices", parents=[common], help="list the sound devices of this machine")
    devices.set_defaults(verb=_devices)
    _add_voices(
        verbs.add_parser("voices", parents=[common], help="list the voices; enrol your own, try and remove them")
    )
    engine = verbs.add_parser("engine", parents=[common], help="serve as the process that a neural engine lives in")
    engine.add_argument("name", metavar="NAME", help="one of the settings' engines, or clips")
    engine.add_argument("--child", action="store_true", help="take the settings from standard input and end with it")
    engine.set_defaults(verb=_engine)
    cache = verbs.add_parser("cache", parents=[common], help="look at the phrase cache, or empty it")
    cache.add_argument("action", nargs="?", default="stats", choices=["stats", "clear"])
    cache.set_defaults(verb=_cache)
    tidy = verbs.add_parser(
        "tidy", parents=[common], help="free what nobody needs any more: clips, embeddings, downloads, history"
    )
    tidy.set_defaults(verb=_tidy)
    _add_backup(verbs, common)
    _add_models(verbs.add_parser("models", help="fetch models for neural voices, list them, check them"), common)
    return parser


def _common(config: object, set_: object) -> argparse.ArgumentParser:
    """The options that every verb has, with their defaults."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "-c",
        "--config",
        type=Path,
        default=config,
        metavar="FILE",
        help="the settings (default: $VOXD_CONFIG, else /etc/voxd/voxd.yaml, else the embedded defaults)",
    )
    common.add_argument(
        "--instance",
        default=config,
        metavar="NAME",
        help="one of several daemons on this machine: voxd@NAME.service, with /etc/voxd/NAME.yaml",
    )
    common.add_argument(
        "--set",
        action="append",
        default=set_,
        metavar="OPTION=VALUE",
        help="override one option: --set mqtt.host=broker.lan",
    )
    return common


def _add_run(run_: argparse.ArgumentParser) -> None:
    run_.add_argument(
        "--first", action="store_true", help="bring a broker if there is none, announce something, say what to try next"
    )
    run_.add_argument("--once", action="store_true", help="with --first: end when that announcement was heard")
    run_.set_defaults(verb=_run)


def _add_say(say: argparse.ArgumentParser) -> None:
    say.add_argument("text", nargs="*", help="what to say; nothing or - reads standard input")
    say.add_argument("--voice", metavar="NAME", help="one of `voxd voices`")
    say.add_argument("--language", metavar="TAG", help="such as de or en-US")
    say.add_argument("--rate", type=float, metavar="FACTOR", help="0.5 to 2.0")
    say.add_argument(
        "--zone", action="append", default=[], metavar="NAME", help="where; may be given again; * is everywhere"
    )
    say.add_argument("--volume", type=int, metavar="PERCENT", help="0 to 100")
    say.add_argument("--priority", choices=PRIORITIES)
    say.add_argument("--ttl", type=float, metavar="SECONDS", help="after so long it is no longer worth saying")
    say.add_argument("--replaces", metavar="NAME", help="what it is about: an older one of that name gives way to it")
    chime = say.add_mutually_exclusive_group()
    chime.add_argument("--chime", metavar="NAME", help="one of `voxd chimes`")
    chime.add_argument("--no-chime", action="store_true", help="no chime, whatever the settings say")
    say.add_argument("--no-wait", action="store_true", help="return once it is accepted, not once it was heard")
    say.add_argument("-o", "--output", type=Path, metavar="FILE", help="write a WAV file and play nothing")
    say.set_defaults(verb=_say)


def _add_orders(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser) -> None:
    zone = argparse.ArgumentParser(add_help=False)
    zone.add_argument(
        "--zone",
        action="append",
        default=[],
        metavar="NAME",
        help="only there; may be given again (default: everywhere)",
    )
    about = argparse.ArgumentParser(add_help=False, parents=[zone])
    about.add_argument("id", nargs="?", metavar="ID", help="only this announcement")
    for name, order, parent, help_ in ORDERS:
        parser = verbs.add_parser(name, parents=[common, about if parent == "id" else zone], help=help_)
        parser.set_defaults(verb=_order, order=order)
    siren = verbs.add_parser("siren", parents=[common, zone], help="sound a tone without words as an alarm, or end it")
    _add_siren(siren)
    prefer = verbs.add_parser(
        "prefer", parents=[common, zone], help="choose what holds where an announcement does not say; or tell what does"
    )
    _add_prefer(prefer)
    dnd = verbs.add_parser("dnd", parents=[common, zone], help="do not disturb: suppress what is not urgent")
    dnd.add_argument("switch", choices=["on", "off"])
    dnd.add_argument(
        "--passes", choices=PRIORITIES, help="the least priority that is heard all the same (default: alarm)"
    )
    dnd.set_defaults(verb=_do_not_disturb)


def _add_siren(siren: argparse.ArgumentParser) -> None:
    siren.add_argument("switch", choices=["on", "off"])
    siren.add_argument("--tone", metavar="NAME", help="one of `voxd chimes` (default: that of alarms)")
    siren.add_argument("--duration", type=float, metavar="SECONDS", help="0.1 to 600 (default: 30)")
    siren.add_argument("--volume", type=int, metavar="PERCENT", help="0 to 100")
    siren.set_defaults(verb=_siren)


def _add_prefer(prefer: argparse.ArgumentParser) -> None:
    prefer.add_argument("--voice", metavar="NAME", help="one of `voxd voices`; default: as the settings say")
    prefer.add_argument("--chime", metavar="NAME", help="one of `voxd chimes`; none: no chime; default: as they say")
    prefer.add_argument("--rate", metavar="FACTOR", help="0.5 to 2.0; default: as they say")
    prefer.add_argument("--volume", metavar="PERCENT", help="0 to 100, of these zones; default: as they say")
    prefer.set_defaults(verb=_prefer)


def _add_history(history: argparse.ArgumentParser) -> None:
    history.add_argument("--limit", type=int, default=20, metavar="N", help="so many, the newest (default: 20)")
    history.add_argument("--state", metavar="STATE", help="only what is finished, failed, suppressed, ...")
    history.add_argument("--json", action="store_true", help="all that is known of them, for programs")
    history.set_defaults(verb=_history)


def _add_backup(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser) -> None:
    backup = verbs.add_parser(
        "backup", parents=[common], help="put what must not be lost into one file: voices, chimes, history"
    )
    backup.add_argument("file", type=Path, metavar="FILE", help="such as voxd.tar.gz; only you may read it")
    backup.set_defaults(verb=_backup)
    restore = verbs.add_parser("restore", parents=[common], help="put a backup in the place of what is there")
    restore.add_argument("file", type=Path, metavar="FILE", help="what `voxd backup` has made")
    restore.add_argument("--check", action="store_true", help="only look whether it could be restored")
    restore.set_defaults(verb=_restore)


def _add_models(models: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    actions = models.add_subparsers(required=True, metavar="ACTION")
    fetch = actions.add_parser("fetch", parents=[common], help="fetch a model; go on where an earlier try stopped")
    fetch.add_argument(
        "model", metavar="MODEL", help="openbmb/VoxCPM1.5, kyutai/pocket-tts/german, en_US-lessac-medium and the like"
    )
    fetch.add_argument("--revision", default="main", metavar="COMMIT", help="a branch, tag or commit (default: main)")
    fetch.set_defaults(verb=_fetch)
    list_ = actions.add_parser("list", parents=[common], help="list the models that are here")
    list_.set_defaults(verb=_models)
    check = actions.add_parser("check", parents=[common], help="compare models with what was fetched")
    check.add_argument("model", nargs="?", metavar="OWNER/NAME", help="only this one")
    check.set_defaults(verb=_check_models)


def _add_voices(voices: argparse.ArgumentParser) -> None:
    language = argparse.ArgumentParser(add_help=False)
    language.add_argument(
        "--language", default=argparse.SUPPRESS, metavar="TAG", help="only voices that speak this language, such as de"
    )
    voices.add_argument("--language", metavar="TAG", help="only voices that speak this language, such as de")
    voices.set_defaults(verb=_voices)
    again = _common(argparse.SUPPRESS, argparse.SUPPRESS)
    actions = voices.add_subparsers(metavar="ACTION")
    actions.add_parser("list", parents=[again, language], help="list the voices, as without an action")
    enroll = actions.add_parser(
        "enroll", aliases=["enrol"], parents=[again], help="make a voice of a recording, or make it anew"
    )
    _add_enroll(enroll)
    show = actions.add_parser("show", parents=[again], help="all that is known of a voice")
    show.add_argument("name", metavar="NAME")
    show.set_defaults(verb=_show_voice)
    test = actions.add_parser("test", parents=[again], help="let a voice speak, and measure it")
    test.add_argument("name", metavar="NAME")
    test.add_argument("text", nargs="*", metavar="TEXT", help="what it says; one of ours without")
    test.add_argument("--silent", action="store_true", help="only measure; nothing is heard in the house")
    test.set_defaults(verb=_test_voice)
    remove = actions.add_parser("remove", parents=[again], help="forget an enrolled voice, and delete its recording")
    remove.add_argument("name", metavar="NAME")
    remove.set_defaults(verb=_remove_voice)


def _add_enroll(enroll: argparse.ArgumentParser) -> None:
    enroll.add_argument("name", metavar="NAME")
    enroll.add_argument(
        "--reference", type=Path, required=True, metavar="FILE", help="5 to 20 seconds of clear speech, any sound file"
    )
    enroll.add_argument("--transcript", metavar="TEXT", help="what is said in it, word for word")
    enroll.add_argument("--language", metavar="TAG", help="such as en or de (default: that of the default voice)")
    enroll.add_argument("--engine", metavar="NAME", help="which one, where several clone voices")
    enroll.add_argument("--consent", metavar="WHO", help="who allowed the voice to be used (default: you)")
    enroll.add_argument("--seed", type=int, metavar="N", help="the same sentence sounds the same each time it is made")
    enroll.add_argument(
        "--fallback", action="append", default=[], metavar="VOICE", help="speaks where it cannot; may be given again"
    )
    enroll.set_defaults(verb=_enroll)
