"""Chinese. num2words cannot count in it and CLDR lacks half of its long unit names: numerals and units stand here."""

from collections.abc import Mapping

from typing_extensions import override

from voxd.text.calendar import Clock, Day
from voxd.text.languages.language import Language
from voxd.text.numerals import Numeral
from voxd.text.units import Unit

_DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_GROUPS = ("", "万", "亿", "万亿")
_FRACTIONS = {"concentr-percent": "百分之", "concentr-permille": "千分之"}
_TEMPERATURES = {"temperature-celsius", "temperature-fahrenheit"}


class Chinese(Language):
    """Mandarin in simplified characters; two is 两 before what is counted and 二 elsewhere."""

    code = "zh"
    point = "点"
    to = "到"
    ratio = "比"
    call_opener = "打|拨|呼叫|致电"
    code_opener = "拨打|电话|密码|号码|验证码|热线"
    blank = ""
    per = "每"
    signs: Mapping[str, str] = {
        "-": "负",
        "−": "负",
        "+": "正",
        "±": "正负",
        "~": "约",
        "≈": "约",
        "<": "小于",
        ">": "大于",
        "≤": "不超过",
        "≥": "不低于",
    }
    ordinal_pattern = r"第(?P<n>[0-9]{1,15})(?P<mark>)"
    symbols: Mapping[str, str] = {"&": "和", "×": "乘", "=": "等于", "→": "到", "+": "加"}
    units: Mapping[str, str] = {
        "concentr-permillion": "P P M",
        "concentr-portion-per-1e9": "P P B",
        "temperature-celsius": "摄氏度",
        "concentr-percent": "百分比",
        "concentr-permille": "千分比",
        "temperature-fahrenheit": "华氏度",
        "temperature-kelvin": "开尔文",
        "angle-degree": "度",
        "energy-milliwatt-hour": "毫瓦时",
        "energy-watt-hour": "瓦时",
        "energy-kilowatt-hour": "千瓦时",
        "energy-megawatt-hour": "兆瓦时",
        "energy-gigawatt-hour": "吉瓦时",
        "energy-joule": "焦耳",
        "energy-kilojoule": "千焦",
        "energy-megajoule": "兆焦",
        "energy-kilocalorie": "千卡",
        "power-watt": "瓦",
        "power-kilowatt": "千瓦",
        "power-megawatt": "兆瓦",
        "power-milliwatt": "毫瓦",
        "power-gigawatt": "吉瓦",
        "power-volt-ampere": "伏安",
        "power-kilovolt-ampere": "千伏安",
        "electric-volt": "伏",
        "electric-millivolt": "毫伏",
        "electric-kilovolt": "千伏",
        "electric-ampere": "安",
        "electric-milliampere": "毫安",
        "electric-ampere-hour": "安时",
        "electric-milliampere-hour": "毫安时",
        "electric-ohm": "欧姆",
        "electric-kiloohm": "千欧",
        "pressure-pascal": "帕",
        "pressure-hectopascal": "百帕",
        "pressure-kilopascal": "千帕",
        "pressure-bar": "巴",
        "pressure-millibar": "毫巴",
        "length-millimeter": "毫米",
        "pressure-pound-force-per-square-inch": "P S I",
        "length-centimeter": "厘米",
        "length-decimeter": "分米",
        "length-meter": "米",
        "length-kilometer": "公里",
        "length-micrometer": "微米",
        "length-foot": "英尺",
        "length-mile": "英里",
        "length-yard": "码",
        "length-inch": "英寸",
        "area-square-millimeter": "平方毫米",
        "area-square-centimeter": "平方厘米",
        "area-square-meter": "平方米",
        "area-square-kilometer": "平方公里",
        "area-hectare": "公顷",
        "area-square-foot": "平方英尺",
        "volume-cubic-centimeter": "立方厘米",
        "volume-cubic-meter": "立方米",
        "volume-cubic-foot": "立方英尺",
        "volume-liter": "升",
        "volume-milliliter": "毫升",
        "volume-centiliter": "厘升",
        "volume-deciliter": "分升",
        "volume-gallon": "加仑",
        "volume-fluid-ounce": "液量盎司",
        "speed-kilometer-per-hour": "公里每小时",
        "speed-meter-per-second": "米每秒",
        "speed-mile-per-hour": "英里每小时",
        "speed-knot": "节",
        "mass-kilogram": "公斤",
        "mass-gram": "克",
        "mass-milligram": "毫克",
        "mass-microgram": "微克",
        "mass-pound": "磅",
        "mass-ounce": "盎司",
        "light-lux": "勒克斯",
        "light-lumen": "流明",
        "digital-kilobyte": "K B",
        "digital-megabyte": "M B",
        "digital-gigabyte": "G B",
        "digital-terabyte": "T B",
        "digital-kibibyte": "K B",
        "digital-mebibyte": "M B",
        "digital-gibibyte": "G B",
        "digital-tebibyte": "T B",
        "digital-bit": "比特",
        "digital-kilobit": "千比特",
        "digital-megabit": "兆比特",
        "digital-gigabit": "吉比特",
        "duration-millisecond": "毫秒",
        "duration-second": "秒",
        "duration-minute": "分钟",
        "duration-hour": "小时",
        "duration-day": "天",
        "sound-decibel": "分贝",
        "sound-decibel-milliwatt": "分贝毫瓦",
        "frequency-revolution-per-minute": "转每分钟",
    }
    money: Mapping[str, str] = {
        "EUR": "欧元|欧元",
        "USD": "美元|美元",
        "GBP": "英镑|英镑",
        "JPY": "元|元",
        "CNY": "元|元",
        "CHF": "瑞士法郎|瑞士法郎",
        "HKD": "港元|港元",
    }

    @override
    def cardinal(self, number: int, gender: str = "") -> str:
        if number >= 10**16:
            return self.digits(str(number))
        if gender and number == 2:
            return "两"
        text = _counted(number)
        return text[1:] if text.startswith("一十") else text

    @override
    def size(self, numeral: Numeral, gender: str = "") -> str:
        return super().size(numeral, gender).replace(" ", "")

    @override
    def number(self, numeral: Numeral, gender: str = "") -> str:
        return super().number(numeral, gender).replace(" ", "")

    @override
    def digits(self, digits: str) -> str:
        return "".join(_DIGITS[int(digit)] for digit in digits)

    @override
    def ordinal(self, number: int, mark: str = "", before: str = "", noun: str = "") -> str:
        return f"第{self.cardinal(number)}"

    @override
    def year(self, number: int) -> str:
        return self.digits(str(number))

    @override
    def measure(self, numeral: Numeral, unit: Unit) -> str:
        numeral = numeral.trimmed()
        if (part := _FRACTIONS.get(unit.name)) and not unit.per:
            return f"{self.signs.get(numeral.sign, '')}{part}{self.size(numeral)}"
        name = self.unit(unit, one=True)
        if not name:
            return ""
        if unit.name in _TEMPERATURES and numeral.sign in ("-", "−"):
            return f"零下{self.size(numeral, 'm')}{name}"
        return f"{self.number(numeral, 'm')}{name}"

    @override
    def amount(self, numeral: Numeral, code: str) -> str:
        cents = Numeral(numeral.literal, numeral.sign, numeral.whole, numeral.fraction.rstrip("0"))
        return f"{self.number(cents, 'm')}{self.currency(code)}"

    @override
    def date(self, day: Day, before: str) -> str:
        year = f"{self.year(day.year)}年" if day.year is not None else ""
        return f"{year}{self.cardinal(day.month)}月{self.cardinal(day.day)}日"

    @override
    def time(self, clock: Clock) -> str:
        hour = clock.hour + 12 if clock.half == "pm" and clock.hour < 12 else clock.hour
        text = f"{self.cardinal(hour, 'm')}点"
        if clock.minute or clock.second:
            text += f"{'零' if clock.minute < 10 else ''}{self.cardinal(clock.minute) if clock.minute else ''}分"
        if clock.second:
            text += f"{'零' if clock.second < 10 else ''}{self.cardinal(clock.second)}秒"
        return text

    @override
    def noun_gender(self, word: str, before: str = "", after: str = "") -> str:
        return "m" if word.startswith(_COUNTED) else ""


_COUNTED = (
    *"个只盏台条扇间件次位名张本杯瓶度天年点小周种家户层块岁辆部秒米元吨升克",
    *("分钟", "公里", "公斤", "公升", "千克", "厘米", "毫米", "毫升", "平方", "立方"),
)
"""Measure words and nouns that follow a number directly and take 两."""


def _counted(number: int) -> str:
    """A number below 10**16: groups of four digits, a gap told by one 零, 两 before 千, 万 and 亿."""
    text, gap = "", False
    for index in reversed(range(len(_GROUPS))):
        group = number // 10_000**index % 10_000
        if not group:
            gap = bool(text)
            continue
        zero = "零" if text and (gap or group < 1000) else ""
        text += f"{zero}{_group(group, _GROUPS[index])}{_GROUPS[index]}"
        gap = False
    return text or _DIGITS[0]


def _group(group: int, name: str) -> str:
    """One to four digits in words, without the name of their group."""
    if group == 2 and name:
        return "两"
    text, zero = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if not digit:
            zero = bool(text)
            continue
        two = digit == 2 and place == 3
        text += f"{'零' if zero else ''}{'两' if two else _DIGITS[digit]}{_PLACES[place]}"
        zero = False
    return text
