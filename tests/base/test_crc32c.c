/* CRC-32C against the values that are known for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/crc32c.h"

static void test_known_values(void **state)
{
    (void)state;
    uint8_t bytes[32];
    assert_int_equal(ls_crc32c("123456789", 9), 0xE3069283); /* the check value of catalogues */
    assert_int_equal(ls_crc32c("", 0), 0);
    /* RFC 3720, B.4, whose sums stand there byte by byte */
    for (int i = 0; i < 32; i++)
        bytes[i] = 0;
    assert_int_equal(ls_crc32c(bytes, 32), 0x8A9136AA);
    for (int i = 0; i < 32; i++)
        bytes[i] = 0xFF;
    assert_int_equal(ls_crc32c(bytes, 32), 0x62A8AB43);
    for (int i = 0; i < 32; i++)
        bytes[i] = (uint8_t)i;
    assert_int_equal(ls_crc32c(bytes, 32), 0x46DD794E);
    for (int i = 0; i < 32; i++)
        bytes[i] = (uint8_t)(31 - i);
    assert_int_equal(ls_crc32c(bytes, 32), 0x113FDB5C);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
