/* What is told about the choice of rows: a line of notes, cut where it has no more room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "data/parts.h"

/* Every length that may be there already, and one note more of every length around the end. */
static void test_notes_to_the_end(void **state)
{
    (void)state;
    static char filler[600];
    ls_parts *p;
    memset(filler, 'f', sizeof filler);
    assert_int_equal(ls_parts_create(1, &p), LS_OK);
    const int room = (int)sizeof p->prepared - 1;
    for (int used = room - 6; used <= room; used++) {
        for (int more = 1; more < 12; more++) {
            p->prepared[0] = '\0';
            ls_parts_tell(p, "%.*s", used, filler);
            assert_int_equal(strlen(p->prepared), used);
            ls_parts_tell(p, "%.*s", more, "0123456789ab");
            const int wanted = used + 2 + more, length = (int)strlen(p->prepared);
            assert_int_equal(length, wanted < room ? wanted : room);
            if (wanted > room)
                assert_string_equal(p->prepared + room - 3, "...");
            else
                assert_memory_equal(p->prepared + used, "; 0123456789ab", (size_t)more + 2);
        }
    }
    ls_parts_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_notes_to_the_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
