/* Writes what a Lockstep of the next format would leave: a file that this one must tell from a damaged one, and refuse.
 *
 *   make_newer seal|model|checkpoint|option FILE
 *
 * seal: the block of a sealed file says the next version, as it would after a change of the block; behind it stands an
 * otherwise good checkpoint. model, checkpoint: /lockstep says the next format, and nothing else in it is as it was.
 * option: a checkpoint of today's format whose recipe has an option that this version does not know. */
#include "base/sha256.h"
#include "store/modelfile.h"
#include "store/sealed.h"

#include <stdio.h>
#include <string.h>

/* Bytes 0 to 55 and their hash behind them (store/sealed.h). */
static ls_status raise_version(const char *path)
{
    uint8_t block[88];
    ls_sha256 hash;
    FILE *file = fopen(path, "r+be");
    if (file == NULL || fread(block, 1, sizeof block, file) != sizeof block)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be read", path);
    block[8]++;
    ls_sha256_start(&hash);
    ls_sha256_update(&hash, block, 56);
    ls_sha256_finish(&hash, block + 56);
    rewind(file);
    const bool written = fwrite(block, 1, sizeof block, file) == sizeof block;
    return fclose(file) == 0 && written ? LS_OK : ls_fail(LS_ERR_OUTPUT, "%s: cannot be written", path);
}

static ls_status write_contents(ls_h5_file *file, const char *kind, int64_t format)
{
    LS_TRY(ls_h5_make_group(file, "/lockstep"));
    LS_TRY(ls_h5_set_int64(file, "/lockstep", "format", format));
    LS_TRY(ls_h5_set_text(file, "/lockstep", "kind", kind));
    /* a reader that looks here before it looks at the format finds an option that it does not know */
    return ls_h5_set_text(file, "/lockstep", "recipe", "option-of-the-future = on\n");
}

static ls_status make(const char *what, const char *path)
{
    const bool seal = strcmp(what, "seal") == 0, today = seal || strcmp(what, "option") == 0;
    const char *kind = today ? "checkpoint" : what;
    const int64_t newest = strcmp(kind, "checkpoint") == 0 ? LS_MODELFILE_CHECKPOINT_FORMAT : LS_MODELFILE_MODEL_FORMAT;
    ls_sealed sealed;
    LS_TRY(ls_sealed_create(path, &sealed));
    ls_status status = write_contents(sealed.file, kind, today ? newest : newest + 1);
    if (status == LS_OK)
        status = ls_sealed_commit(&sealed);
    ls_sealed_abandon(&sealed);
    return status == LS_OK && seal ? raise_version(path) : status;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: make_newer seal|model|checkpoint|option FILE\n");
        return 2;
    }
    const ls_status status = make(argv[1], argv[2]);
    if (status != LS_OK)
        fprintf(stderr, "make_newer: %s\n", ls_error_message());
    return (int)status;
}
