/* Bytes of a file, packed or not: in pieces, from the start again, and from anywhere they are the same. */
#include "fuzz.h"

#include "files/stream.h"

#include <string.h>

enum { MOST = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const ls_packing packings[] = {LS_PACKED_FOUND, LS_PACKED_GZIP, LS_PACKED_DEFLATE, LS_PACKED_NOT};
    static unsigned char all[MOST], piece[MOST];
    fuzz_input in = {bytes, size};
    const uint8_t how = fuzz_byte(&in), place = fuzz_byte(&in);
    const ls_stream_range range = {
        .offset = how & 4 ? 2 : 0, .length = how & 8 ? 20 : -1, .packing = packings[how % 4]};
    ls_stream *stream;
    int64_t got, again;
    if (!fuzz_taken(ls_stream_open(fuzz_file(0, in.at, in.left), "file", &range, &stream)))
        return 0;
    const bool whole = fuzz_taken(ls_stream_read(stream, all, MOST, &got));
    if (whole) {
        fuzz_hold(got >= 0 && got <= MOST, "no more is read than there is room for");
        const int64_t at = place % (got + 1);
        if (fuzz_taken(ls_stream_restart(stream)))
            fuzz_hold(ls_stream_take(stream, piece, got) == LS_OK && memcmp(all, piece, (size_t)got) == 0,
                      "bytes are the same from the start again");
        if (fuzz_taken(ls_stream_seek(stream, at)))
            fuzz_hold(ls_stream_read(stream, piece, got - at, &again) == LS_OK && again == got - at &&
                          memcmp(all + at, piece, (size_t)again) == 0,
                      "bytes are the same from a place on");
    }
    ls_stream_close(stream);
    return 0;
}
