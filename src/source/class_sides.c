/* Numbers beside names: whether they may be those of the names. */
#include "source/class_sides.h"

#define NAMED 6 /* classes in messages */

ls_status ls_class_sides_refuse(const char *texts, const ls_dictionary *names, const char *numbers)
{
    ls_text text = {0};
    ls_text_printf(&text, "the labels of %s are texts", texts);
    for (int64_t k = 0; names != NULL && k < names->count && k < NAMED; k++)
        ls_text_printf(&text, "%s'%.64s'", k > 0 ? ", " : " (", names->text[k]);
    if (names != NULL)
        ls_text_append(&text, names->count > NAMED ? ", ...)" : ")");
    ls_text_printf(&text,
                   ", those of %s are numbers without names, so nobody can tell which number is which text; give both "
                   "texts, or the numbers their names (attribute class_names of the dataset)",
                   numbers);
    ls_status status = ls_text_status(&text);
    if (status == LS_OK)
        status = ls_fail(LS_ERR_DATA, "%s", ls_text_string(&text));
    ls_text_free(&text);
    return status;
}

ls_status ls_class_sides_compare(const ls_class_side *ours, const ls_class_side *theirs, ls_text *remarks)
{
    const ls_column *our_classes = ls_encoding_classes(ours->encoding);
    const ls_column *their_classes = ls_encoding_classes(theirs->encoding);
    if ((our_classes == NULL) == (their_classes == NULL) || ours->outputs != 1 || theirs->outputs != 1)
        return LS_OK;
    const ls_column *classes = our_classes != NULL ? our_classes : their_classes;
    const char *named = our_classes != NULL ? ours->name : theirs->name;
    const char *bare = our_classes != NULL ? theirs->name : ours->name;
    if (classes->texts)
        return ls_class_sides_refuse(named, &classes->categories, bare);
    ls_text_printf(remarks, "the classes of %s have no names; their numbers are taken to be those of %s\n", bare,
                   named);
    return LS_OK;
}
