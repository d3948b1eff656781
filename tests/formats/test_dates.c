/* Dates: every day of eight centuries against counting them, times and offsets, formats, what is refused, and guesses.
 */
#include "io_test.h"

#include "formats/dates.h"

#include <stdio.h>

static bool parse(const char *format, const char *text, ls_date *date)
{
    return ls_date_parse(format, text, (int64_t)strlen(text), date);
}

static void check_days(const char *format, const char *text, double expected)
{
    ls_date date;
    if (!parse(format, text, &date)) {
        print_error("'%s' is no date of '%s'\n", text, format == NULL ? "ISO 8601" : format);
        fail();
        return;
    }
    const double days = ls_date_value(&date, LS_DATE_DAYS);
    if (days != expected)
        print_error("'%s' is %.17g, expected %.17g\n", text, days, expected);
    assert_true(days == expected);
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* From 1600-01-01, a Saturday, 135,140 days before 1970. */
static void test_every_day(void **unused)
{
    (void)unused;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = -135140;
    for (int year = 1600; year < 2400; year++)
        for (int month = 1; month <= 12; month++) {
            const int length = lengths[month - 1] + (month == 2 && is_leap(year));
            for (int day = 1; day <= 31; day++) {
                char text[16];
                ls_date date;
                (void)snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
                assert_int_equal(ls_date_parse(NULL, text, 10, &date), day <= length);
                if (day > length)
                    continue;
                assert_true(date.days == days && date.nanoseconds == 0);
                assert_true(ls_date_value(&date, LS_DATE_WEEKDAY) == (double)(((days + 135140) % 7 + 5) % 7));
                assert_true(date.year == year && date.month == month && date.day == day);
                days++;
            }
        }
    assert_int_equal(days, 157054); /* 2400-01-01 */
}

static void test_iso(void **unused)
{
    (void)unused;
    check_days(NULL, "1970-01-01", 0);
    check_days(NULL, "0001-01-01", -719162);
    check_days(NULL, "2021-03-04T12:00", 18690.5);
    check_days(NULL, "2021-03-04 18:00:00", 18690.75);
    check_days(NULL, "2021-03-04T00:00:00.25Z", 18690 + 0.25 / 86400);
    check_days(NULL, "2021-03-04T01:30:00+01:30", 18690);
    check_days(NULL, "2021-03-04T00:00:00+01", 18689 + 82800.0 / 86400);
    check_days(NULL, "2021-12-31 23:00-0100", 18993);
    check_days(NULL, "2016-12-31T23:59:60Z", 17167); /* a leap second */
    static const char *const wrong[] = {"2021-02-29",
                                        "2021-13-01",
                                        "2021-00-01",
                                        "21-01-01",
                                        "2021-1-1",
                                        "2021-01-01x",
                                        "2021-01-01 ",
                                        "2021-01-01 24:00",
                                        "2021-01-01T12",
                                        "2021-01-01 12:60",
                                        "2021-01-01T12:00:61",
                                        "20210101",
                                        "2021-01-01 12:00 UTC",
                                        "2021-01-01T12:00:00.",
                                        "2021-01-01T12:00+1",
                                        ""};
    for (int i = 0; i < ITEMS(wrong); i++) {
        ls_date date;
        if (parse(NULL, wrong[i], &date))
            print_error("'%s' is taken as a date\n", wrong[i]);
        assert_false(parse(NULL, wrong[i], &date));
    }
}

static void test_formats(void **unused)
{
    (void)unused;
    check_days("%d.%m.%Y", "4.3.2021", 18690);
    check_days("%d/%m/%y", "04/03/21", 18690);
    check_days("%y%m%d", "690101", -365);
    check_days("%y%m%d", "680101", 35794);
    check_days("%Y%m%d", "20210304", 18690);
    check_days("%Y-%j", "2021-063", 18690);
    check_days("%Y-%j", "2020-366", 18627);
    check_days("%b %d, %Y", "Mar 4, 2021", 18690);
    check_days("%d %B %Y", "4   march 2021", 18690);
    check_days("%d %b %Y", "04 MAY 2021", 18751);
    check_days("%m/%d/%Y %I:%M %p", "3/4/2021 12:00 AM", 18690);
    check_days("%m/%d/%Y %I:%M %p", "3/4/2021 06:00 pm", 18690.75);
    check_days("%Y-%m", "2021-03", 18687);
    check_days("%H:%M:%S.%f %d.%m.%Y %z", "12:00:00.000 04.03.2021 +12:00", 18690);
    check_days("100%% %Y", "100% 1970", 0);
    check_days("%H:%M:%S", "18:00:00", 0.75);
    check_days("%I:%M %p", "6:00 AM", 0.25);
    static const char *const wrong[][2] = {
        {"%d.%m.%Y", "31.4.2021"},  {"%d.%m.%Y", "4.3.21"},     {"%Y-%j", "2021-366"},
        {"%Y-%j", "2021-0"},        {"%I %p %Y", "13 PM 2021"}, {"%I %p %Y", "0 AM 2021"},
        {"%d %b %Y", "4 Foo 2021"}, {"%d.%m.%Y", "4.3.2021 "},  {"%H %Y", "24 2021"}};
    ls_date date;
    for (int i = 0; i < ITEMS(wrong); i++)
        assert_false(parse(wrong[i][0], wrong[i][1], &date));
    assert_ok(ls_date_check_format("%d.%m.%Y %H:%M"));
    assert_fails(ls_date_check_format("%d.%m.%Q"), LS_ERR_USAGE, "has %Q; known are %Y");
    assert_fails(ls_date_check_format("%d.%m.%Y%"), LS_ERR_USAGE, "known are");
    assert_fails(ls_date_check_format("DD.MM.YYYY"), LS_ERR_USAGE, "has no year");
    assert_fails(ls_date_check_format("%d.%m. %H:%M"), LS_ERR_USAGE, "has no year");
    assert_fails(ls_date_check_format("%Y\xB7%m"), LS_ERR_USAGE, "is not UTF-8");
    assert_fails(ls_date_check_format("%M:%S"), LS_ERR_USAGE, "for times of day: %H:%M:%S");
    assert_ok(ls_date_check_format("%H:%M:%S.%f"));
    assert_true(ls_date_is_time("%I %p") && !ls_date_is_time("%Y %H") && !ls_date_is_time("%d %H:%M"));
    assert_false(ls_date_is_time(NULL) || ls_date_is_time("%%H"));
}

static void test_parts(void **unused)
{
    (void)unused;
    static const double expected[] = {18689 + 84600.0 / 86400, 2021, 3, 4, 3, 1, 30, 15};
    ls_date date;
    assert_true(parse(NULL, "2021-03-04T01:30:15.75+02:00", &date)); /* parts are those that are written */
    for (int i = 1; i < LS_DATE_PARTS; i++)
        assert_true(ls_date_value(&date, (ls_date_part)i) == expected[i]);
    assert_true(ls_date_value(&date, LS_DATE_DAYS) == 18689 + (23 * 3600 + 30 * 60 + 15.75) / 86400);
    for (int i = 0; i < LS_DATE_PARTS; i++)
        assert_int_equal(ls_date_find_part(ls_date_part_name((ls_date_part)i)), i);
    assert_int_equal(ls_date_find_part("quarter"), -1);
}

/* Whether the set has exactly these formats. */
static void check_guesses(const char *text, const char *formats)
{
    char found[256] = "", format[32];
    const uint64_t set = ls_date_guesses(text, (int64_t)strlen(text), ~(uint64_t)0);
    for (int i = 0; i < LS_DATE_GUESSES; i++)
        if ((set >> i & 1) != 0) {
            strcat(found, found[0] != '\0' ? ";" : "");
            strcat(found, ls_date_guess(i, format));
        }
    assert_string_equal(found, formats);
}

static void test_guesses(void **unused)
{
    (void)unused;
    check_guesses("03/04/2021", "%d/%m/%Y;%m/%d/%Y");
    check_guesses("13/04/2021", "%d/%m/%Y");
    check_guesses("4.3.2021 12:30", "%d.%m.%Y %H:%M");
    check_guesses("2021/03/04 12:30:15", "%Y/%m/%d %H:%M:%S");
    check_guesses("May 3, 2021", "%b %d, %Y");
    check_guesses("12:30:15", "%H:%M:%S");
    check_guesses("8:05", "%H:%M");
    check_guesses("8:05 PM", "%I:%M %p");
    check_guesses("08:05:09.25", "%H:%M:%S.%f");
    check_guesses("3/4/21 1:30 PM", "%d/%m/%y %I:%M %p;%m/%d/%y %I:%M %p");
    static const char *const texts[] = {"red",  "Marvellous", "12",    "1.2.3", "1234567", "2021-03-04", "25:30",
                                        "16:9", "8:5:09",     "1:234", "12:",   "8",       "janitor"};
    for (int i = 0; i < ITEMS(texts); i++)
        check_guesses(texts[i], "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day), cmocka_unit_test(test_iso),     cmocka_unit_test(test_formats),
        cmocka_unit_test(test_parts),     cmocka_unit_test(test_guesses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
