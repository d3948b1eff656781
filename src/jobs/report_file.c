/* report.json: what a report is made of, with a seal, since a page shows nothing of a changed digit. */
#include "jobs/report_pages.h"

#include "base/sha256.h"

#include <stdio.h>
#include <string.h>

/* The last member is the hash of everything in front of it. */
static const char seal[] = ",\n  \"sha256\": \"";

ls_status ls_report_file_check(const char *run, const char *json)
{
    uint8_t digest[32];
    char hex[65];
    ls_sha256 hash;
    const char *at = NULL;
    for (const char *c = json; (c = strstr(c, seal)) != NULL; c++)
        at = c;
    if (at) {
        ls_sha256_start(&hash);
        ls_sha256_update(&hash, json, (size_t)(at - json));
        ls_sha256_finish(&hash, digest);
        ls_sha256_hex(digest, hex);
    }
    if (at && strncmp(at + sizeof seal - 1, hex, 64) == 0)
        return LS_OK;
    return ls_fail(
        LS_ERR_OUTPUT,
        "%s/report.json is damaged, or was edited: it does not agree with its own sha256; remove it, and the "
        "report is made of run.json and log.csv alone",
        run);
}
