/* report.json and log.csv, a line of dashes between them, as `lockstep report` reads them, and the pages of what is
 * taken. */
#include "fuzz.h"

#include "report/report.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char border[] = "\n---\n";
    ls_report report;
    ls_text html = {0};
    char *text = malloc(size + 1), *log;
    if (!text)
        return 0;
    memcpy(text, bytes, size);
    text[size] = '\0';
    log = strstr(text, border);
    if (log)
        *log = '\0';
    if (fuzz_taken(ls_report_read("run", text, log ? log + sizeof border - 1 : "epoch,step,loss\n1,2,3\n", &report))) {
        ls_report_page(&report, 1, &html);
        ls_report_free(&report);
    }
    ls_text_free(&html);
    (void)fuzz_taken(ls_report_machine("run", text, log ? log + sizeof border - 1 : "", &html));
    ls_text_free(&html);
    free(text);
    return 0;
}
