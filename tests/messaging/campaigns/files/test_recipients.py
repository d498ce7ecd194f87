"""Who becomes a recipient, and what is said of each line that makes none."""

from zoneinfo import ZoneInfo

import pytest

from messaging.campaigns.calendar.reminders import RuleProblem
from messaging.campaigns.files.problem_messages import SENTENCES
from messaging.campaigns.files.problems import FileProblem, LineProblem
from messaging.campaigns.files.variables import VariableProblem
from tests.messaging.campaigns.files.made_files import DATE, EUROS, reached, read, row, said, sheet, xlsx


@pytest.mark.parametrize(
    "name",
    ["telefono", "Teléfono", "TELÉFONO MÓVIL", "móvil", "Phone", "phone_number", "WhatsApp", "Número", "Nº",
     "Cell phone", "Número de teléfono", "Tel.", "celular"],
)  # fmt: skip
def test_the_column_of_numbers_is_found_by_its_name(name):
    assert reached(f"nombre,{name},edad\nAna,600000001,40\n") == ["+34600000001"]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("telefono,movil", "+34600000002"),
        ("movil,telefono", "+34600000001"),
        ("telefono,whatsapp", "+34600000002"),
        ("número,teléfono", "+34600000002"),
        ("número de cliente,teléfono", "+34600000002"),
        ("tipo de teléfono,teléfono", "+34600000002"),
        ("phone,phone", "+34600000001"),
    ],
)
def test_of_several_columns_the_one_that_is_meant_is_taken(names, found):
    assert reached(f"{names}\n600000001,600000002\n") == [found]


def test_the_column_can_be_named_with_other_letters_and_accents():
    assert reached("teléfono,Dónde\n600000001,600000002\n", number="DONDE") == ["+34600000002"]


@pytest.mark.parametrize(
    "typed",
    ["600000001", "600 00 00 01", "+34 600 000 001", "+34-600-000-001", "0034600000001", "00 34 600 000 001",
     "34600000001", "whatsapp:+34600000001", "tel:+34600000001", "(600) 000.001", "600000001.0", "+34600000001,00",
     "\u202a+34600000001\u202c"],
)  # fmt: skip
def test_numbers_are_read_as_people_and_programs_write_them(typed):
    assert reached(f"phone;name\n{typed};Ana\n") == ["+34600000001"]


def test_numbers_of_other_countries_are_read_where_they_have_their_code():
    data = "phone\n+1 202 555 0101\n0012025550102\n+521 55 5555 0100\n"

    assert reached(data) == ["+12025550101", "+12025550102", "+5215555550100"]


def test_a_number_without_country_code_is_of_the_profiles_country():
    assert reached("phone\n(202) 555-0101\n0034600000001\n", language="en-US") == [
        "+12025550101",
        "+34600000001",
    ]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Line 2 has no phone number."),
        ("6000", "Line 2: 6000 is not a possible phone number."),
        ("600 ABC 001", "Line 2: 600 ABC 001 is not a possible phone number."),
        ("600000001 / 600000002", "Line 2: 600000001 / 600000002 is not a possible phone number."),
        ("600000001.5", "Line 2: 600000001.5 is not a possible phone number."),
        ("pregunta", "Line 2: pregunta is not a possible phone number."),
        ("+266696687", "Line 2: +266696687 is not a possible phone number."),
        ("6,00000E+08",
         "Line 2: 6,00000E+08 is a number without its last digits: format the column as text, and export it again."),
        ("+34 910 000 001",
         "Line 2: +34 910 000 001 is no mobile number, and WhatsApp reaches hardly any other."),
        ("900000001", "Line 2: 900000001 is no mobile number, and WhatsApp reaches hardly any other."),
    ],
)  # fmt: skip
def test_a_line_whose_number_reaches_nobody_is_named(typed, sentence):
    assert said(f"phone;name\n{typed};Ana\n") == [sentence]


def test_a_country_is_asked_for_where_the_profile_has_none():
    assert said("phone\n600000001\n+34600000002\n", wanted_language="es-419") == [
        "Line 2: 600000001 needs its country code, as in +34600000001."
    ]


def test_landlines_can_be_called():
    assert reached("phone\n910000001\n", with_landlines=True) == ["+34910000001"]


def test_somebody_who_is_twice_in_the_list_is_reached_once_however_the_number_is_written():
    data = "phone\n600000001\n+34 600 000 001\n+5215555550100\n+52 55 5555 0100\n"

    assert reached(data) == ["+34600000001", "+5215555550100"]
    assert said(data) == [
        "Line 3: +34 600 000 001 is already in line 2.",
        "Line 5: +52 55 5555 0100 is already in line 4.",
    ]


def test_who_is_in_the_list_again_after_a_line_that_is_wrong_is_no_duplicate():
    data = "phone,name\n600000001,\n600000001,Ana\n"

    found, problems = read(data, "1={name}")

    assert [each.line for each in found] == [3]
    assert [each.problem for each in problems] == [LineProblem.MISSING_VALUE]


def test_the_other_columns_are_kept_under_their_names():
    found, _ = read("phone,name,,Name,city\n600000001,Ana,x,Gil,\n")

    assert dict(found[0].values) == {"name": "Ana", "Name 2": "Gil"}
    assert (found[0].line, found[0].written) == (2, "600000001")


def test_a_value_that_many_lines_have_is_kept_once():
    found, _ = read("phone,day\n600000001,el martes\n600000002,el martes\n", "1={day}")

    assert len({id(text) for each in found for text in (each.values["day"], each.variables["1"])}) == 1


def test_a_column_that_a_line_has_no_value_of_is_not_among_its_values():
    found, _ = read("phone,name,city\n600000001,,Cádiz\n600000002,Ana\n")

    assert [dict(each.values) for each in found] == [{"city": "Cádiz"}, {"name": "Ana"}]
    assert [len(each.values) for each in found] == [1, 1]
    assert [name in found[0].values for name in ("name", "city", "street")] == [False, True, False]


def test_a_line_with_more_values_than_columns_reaches_nobody():
    assert said("phone,name\n600000001,Gil, Ana\n600000002,Luis,,\n") == [
        "Line 2 has 3 values and the table 2 columns: put what has a separator in it in quotes."
    ]


def test_the_zone_of_a_line_is_its_own_and_may_be_missing():
    found, problems = read("phone,zona horaria\n600000001,Atlantic/Canary\n600000002,\n600000003,Canarias\n")

    assert [each.zone for each in found] == [ZoneInfo("Atlantic/Canary"), None]
    assert [(each.line, each.values) for each in problems] == [(4, {"zone": "Canarias"})]


# Variables


def test_variables_are_filled_from_the_columns_of_a_line():
    found, _ = read(
        "phone,Nombre,Día\n600000001, Ana \t Gil,lunes\n", "1={nombre}", "2=el {dia}, {NOMBRE}", "tienda=Sol"
    )

    assert dict(found[0].variables) == {"1": "Ana Gil", "2": "el lunes, Ana Gil", "tienda": "Sol"}


@pytest.mark.parametrize(
    ("language", "filled"),
    [("es-ES", "3/12/2026 45,5 12"), ("en-US", "12/3/2026 45.5 12"), ("es-MX", "3/12/2026 45.5 12")],
)
def test_dates_and_numbers_of_a_workbook_are_filled_in_as_they_are_written_there(language, filled):
    line = row(2, "+34600000001", 46359, 45.5, 12, styles=[0, DATE, EUROS, EUROS])
    data = xlsx(sheet(row(1, "phone", "fecha", "precio", "días"), line))

    found, _ = read(data, "1={fecha} {precio} {dias}", language=language)

    assert found[0].variables["1"] == filled
    assert dict(found[0].values) == {"fecha": "2026-12-03", "precio": "45.5", "días": "12"}


def test_a_variable_without_a_value_is_a_problem_of_the_line():
    assert said("phone,name\n600000001,\n600000002,\u200b\n600000003,Ana\n", "1=Hola, {name}") == [
        'Line 2: the column "name", which variable 1 needs, is empty.',
        'Line 3: the column "name", which variable 1 needs, is empty.',
    ]


def test_a_value_is_as_long_as_it_may_be_and_no_longer():
    data = f"phone,name\n600000001,{'a' * 1600}\n600000002,{'a' * 1601}\n"

    assert said(data, "1={name}") == ["Line 3: variable 1 has 1601 characters, and 1600 are the limit."]


def test_a_variable_that_no_column_has_is_said_once_for_the_file():
    assert said("phone,nombre\n600000001,Ana\n600000002,Luis\n", "1={nombre}", "2={fecha}") == [
        'Variable 2 needs the column "fecha", which people.csv lacks: it has phone, nombre.'
    ]


@pytest.mark.parametrize(
    ("data", "wanted", "sentence"),
    [
        ("nombre,edad\nAna,40\n", {},
         "people.csv has no column that is named for phone numbers: say which one it is. It has: nombre, edad."),
        ("600000001,Ana\n600000002,Luis\n", {},
         "people.csv begins with a phone number: put a line with the names of the columns before it, "
         "one of them phone."),
        ("phone,name\n600000001,Ana\n", {"number": "móvil"},
         'people.csv has no column "móvil": it has phone, name.'),
        ("phone,name\n600000001,Ana\n", {"zone": "zona"},
         'people.csv has no column "zona": it has phone, name.'),
        ("phone,name,Náme\n600000001,Ana,Luis\n", {"number": "name"},
         'people.csv has several columns "name": give the one that is meant another name.'),
    ],
)  # fmt: skip
def test_a_column_that_is_missing_is_said_at_once(data, wanted, sentence):
    assert said(data, **wanted) == [sentence]


def test_every_problem_has_a_sentence_in_both_languages():
    assert SENTENCES.keys() == {*FileProblem, *LineProblem, *VariableProblem, *RuleProblem}
    assert [each for each in SENTENCES.values() if each.said_in("es") == each.said_in("en")] == []
