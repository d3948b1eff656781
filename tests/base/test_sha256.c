/* SHA-256 against the examples of FIPS 180 and NIST's long message, in pieces of every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/sha256.h"
#include "base/sha256_blocks.h"

static void hex_of(const void *data, size_t bytes, size_t piece, char hex[65])
{
    ls_sha256 hash;
    uint8_t digest[32];
    ls_sha256_start(&hash);
    for (size_t done = 0; done < bytes; done += piece)
        ls_sha256_update(&hash, (const char *)data + done, bytes - done < piece ? bytes - done : piece);
    ls_sha256_finish(&hash, digest);
    ls_sha256_hex(digest, hex);
}

static void test_examples(void **state)
{
    static const char *const cases[][2] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmno"
         "pqrs"
         "tnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char hex[65];
        hex_of(cases[i][0], strlen(cases[i][0]), 1000, hex);
        assert_string_equal(hex, cases[i][1]);
    }
}

static void test_million(void **state)
{
    static char million[1000000];
    char hex[65];
    (void)state;
    memset(million, 'a', sizeof million);
    for (size_t piece = 997; piece <= sizeof million; piece *= 10) {
        hex_of(million, sizeof million, piece, hex);
        assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
}

/* Every length around the two block borders, cut into pieces of every size, equals the message in one piece.
 */
static void test_pieces(void **state)
{
    char data[200], whole[65], pieces[65];
    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 37 + 11);
    for (size_t bytes = 0; bytes <= sizeof data; bytes++) {
        hex_of(data, bytes, sizeof data, whole);
        for (size_t piece = 1; piece <= bytes; piece++) {
            hex_of(data, bytes, piece, pieces);
            assert_string_equal(pieces, whole);
        }
    }
    hex_of(data, sizeof data, sizeof data, whole);
    assert_string_equal(whole, "5e48d64839a8bff5e2471507af6a49f9990817df437857f4a2007df41266e1b5");
}

/* Lengths whose padding just fits and just does not fit into the last block. */
static void test_padding(void **state)
{
    static const struct {
        size_t bytes;
        const char *expected;
    } cases[] = {{55, "d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e4072"},
                 {56, "04c26261370ee7541549d16dee320c723e3fd14671e66a099afe0a377c16888e"},
                 {57, "ae14a2563ccf969d99aca69ce6bb74981f734bbf9f655f73b8f06db68cab5217"},
                 {63, "75220b47218278e656f2013bb8f0c455a25eaf01e86c64924e9d48d89776d6f2"},
                 {64, "7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c"},
                 {65, "9537c5fdf120482f7d58d25e9ed583f52c02b4e304ea814db1633ad565aed7e9"},
                 {119, "000b48d4edf0fa7bee3c6236ecd2785baa5db4eeb8bb54341b029e0d9fa5fb0c"},
                 {120, "13f05a0b594787f5ecd315edc96141bd3243203d1b7d4f0836f37308b276ba98"},
                 {128, "24da1b81d0b16df6428eee73c69fcb2a93c76bc6df706f0c6670fe6bfe800464"}};
    char data[128], hex[65];
    (void)state;
    memset(data, 'x', sizeof data);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hex_of(data, cases[i].bytes, 64, hex);
        assert_string_equal(hex, cases[i].expected);
    }
}

/* The processor's instructions do to any state what C does: with every number of blocks, wherever these begin. */
static void test_instructions(void **state)
{
    (void)state;
#ifdef LS_SHA256_X86
    enum { MOST = 7 };
    uint8_t blocks[MOST * 64 + 16];
    uint32_t number = 1;
    if (!ls_sha256_x86_supported())
        skip();
    for (int trial = 0; trial < 1000; trial++) {
        uint32_t a[8], b[8];
        for (size_t i = 0; i < sizeof blocks; i++)
            blocks[i] = (uint8_t)((number = number * 1664525 + 1013904223) >> 24);
        for (int i = 0; i < 8; i++)
            a[i] = b[i] = number = number * 1664525 + 1013904223;
        const size_t count = (size_t)trial % (MOST + 1), begin = (size_t)trial % 16;
        ls_sha256_blocks_portable(a, blocks + begin, count);
        ls_sha256_blocks_x86(b, blocks + begin, count);
        assert_memory_equal(a, b, sizeof a);
    }
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples), cmocka_unit_test(test_million),      cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_padding),  cmocka_unit_test(test_instructions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
