/* A text of any length, from rank 0 to all. */
#include "base/memory.h"
#include "comm/agree.h"

#include <string.h>

ls_status ls_agree_text(ls_comm *comm, ls_text *text)
{
    int64_t length = (int64_t)text->length;
    char *bytes = NULL;
    LS_TRY(ls_comm_broadcast(comm, 0, &length, sizeof length));
    ls_status status = ls_agree(comm, ls_memory_allocate(&bytes, length + 1, 1, "text"));
    if (status == LS_OK) {
        memcpy(bytes, ls_text_string(text), text->length);
        status = ls_comm_broadcast(comm, 0, bytes, length);
    }
    if (status == LS_OK) {
        ls_text_clear(text);
        ls_text_append_bytes(text, bytes, (size_t)length);
        status = ls_agree(comm, ls_text_status(text));
    }
    ls_memory_free(bytes);
    return status;
}
