/* report.json: what a report is made of, with a seal, since a page shows nothing of a changed digit. */
#include "jobs/report_pages.h"

#include "base/sha256.h"

#include <stdio.h>
#include <string.h>

/* The last member is the hash of everything in front of it. */
static const char seal[] = ",\n  \"sha256\": \"";

static void hash_text(const char *text, size_t length, char hex[65])
{
    uint8_t digest[32];
    ls_sha256 hash;
    ls_sha256_start(&hash);
    ls_sha256_update(&hash, text, length);
    ls_sha256_finish(&hash, digest);
    ls_sha256_hex(digest, hex);
}

void ls_report_file_seal(ls_json *json)
{
    char hex[65];
    hash_text(ls_text_string(json->text), json->text->length, hex);
    ls_json_put_string(json, "sha256", hex);
    ls_json_object_end(json);
    ls_text_append(json->text, "\n");
}

ls_status ls_report_file_check(const char *run, const char *json)
{
    char hex[65];
    const char *at = NULL;
    for (const char *c = json; (c = strstr(c, seal)) != NULL; c++)
        at = c;
    if (at)
        hash_text(json, (size_t)(at - json), hex);
    if (at && strncmp(at + sizeof seal - 1, hex, 64) == 0)
        return LS_OK;
    return ls_fail(
        LS_ERR_OUTPUT,
        "%s/report.json is damaged, or was edited: it does not agree with its own sha256; remove it, and the "
        "report is made of run.json and log.csv alone",
        run);
}
