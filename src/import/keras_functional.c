/* Functional models: the one line from input to output that their layers are in, with an Add where x + f(x) is meant.
 */
#include "import/keras_reader.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { INPUTS = 2 };

typedef struct node {
    ls_keras_item *item;
    bool adds, begins; /* an Add; an InputLayer */
    int inputs;
    const char *input_name[INPUTS];
    int input[INPUTS]; /* nodes */
    int readers;       /* how many inputs it is */
    int first_reader;  /* in graph.reader */
    bool passed;
} node;

typedef struct graph {
    ls_keras_reader *reader;
    ls_keras_item *items;
    node *nodes; /* (count) */
    int count;
    node **sorted; /* (count) by name */
    int *read_by;  /* (inputs of all) nodes, those that read the first, the second ... */
    int input, output;
    int source[LS_KERAS_BRANCHES_MAX]; /* (depth) nodes whose outputs go around the branches that are open */
    int depth;
} graph;

/* LS_ERR_DATA with a node's place. */
static ls_status refuse(const graph *g, const node *n, const char *nearest, const char *what, const char *name)
{
    ls_keras_reader at = *g->reader;
    ls_text place = {0};
    ls_keras_container_place(&at, n->item, &place);
    at.place = ls_text_string(&place);
    const ls_status status =
        name ? ls_keras_refuse(&at, nearest, "%s '%.200s'", what, name) : ls_keras_refuse(&at, nearest, "%s", what);
    ls_text_free(&place);
    return status;
}

/* ---- calls: what a layer reads ---- */

static bool is_operator(const graph *g, const node *n)
{
    const ls_json_value *config = ls_json_member(g->reader->document, n->item->object, "config");
    const char *function = ls_json_member_text(g->reader->document, config, "function");
    return strcmp(n->item->class_name, "TFOpLambda") == 0 && function &&
           (strcmp(function, "__operators__.add") == 0 || strcmp(function, "math.add") == 0);
}

static ls_status add_input(const graph *g, node *n, const ls_json_value *history)
{
    const ls_json_value *name = ls_json_first(g->reader->document, history);
    const ls_json_value *call = name ? ls_json_next(g->reader->document, name) : NULL;
    const ls_json_value *output = call ? ls_json_next(g->reader->document, call) : NULL;
    if (!output || name->kind != LS_JSON_STRING || call->kind != LS_JSON_NUMBER || output->kind != LS_JSON_NUMBER)
        return refuse(g, n, NULL, "what it reads is not [layer, call, output]", NULL);
    if (output->number != 0)
        return refuse(g, n, NULL, "it reads another than the first output of", name->text);
    if (n->inputs == INPUTS || (n->inputs == 1 && !n->adds))
        return refuse(g, n, "Add of two", "a layer of more inputs is not supported; one more is", name->text);
    n->input_name[n->inputs++] = name->text;
    return LS_OK;
}

static bool is_history(const graph *g, const ls_json_value *value)
{
    const ls_json_value *first = value->kind == LS_JSON_ARRAY ? ls_json_first(g->reader->document, value) : NULL;
    return first && first->kind == LS_JSON_STRING;
}

/* A tensor of Keras 3; NULL: it is none. */
static const ls_json_value *history_of(const graph *g, const ls_json_value *value)
{
    const char *class_name = ls_json_member_text(g->reader->document, value, "class_name");
    if (!class_name || strcmp(class_name, "__keras_tensor__") != 0)
        return NULL;
    return ls_keras_member(g->reader, ls_json_member(g->reader->document, value, "config"), "keras_history");
}

/* Arguments by name: tensors of an addition, and what is not said. */
static ls_status read_named(const graph *g, node *n, const ls_json_value *named)
{
    for (const ls_json_value *v = ls_json_first(g->reader->document, named); v;
         v = ls_json_next(g->reader->document, v)) {
        const ls_json_value *history = is_history(g, v) ? v : history_of(g, v);
        /* Keras 3 has its way of calling written down, and calls otherwise all the same */
        const bool overridden = !g->reader->model->legacy && v->key && strcmp(v->key, "training") == 0;
        if (history)
            LS_TRY(add_input(g, n, history));
        else if (v->kind != LS_JSON_NULL && !overridden)
            return refuse(g, n, NULL, "it is called with an argument, which is not supported:", v->key ? v->key : "");
    }
    return LS_OK;
}

/* Keras 3: {"args": [tensors, or a list of them], "kwargs": {}} */
static ls_status read_arguments(const graph *g, node *n, const ls_json_value *value)
{
    const ls_json_value *history = history_of(g, value);
    if (history)
        return add_input(g, n, history);
    if (value->kind == LS_JSON_NULL)
        return LS_OK;
    if (value->kind != LS_JSON_ARRAY)
        return refuse(g, n, "Rescaling", "it is called with something else than outputs of layers", NULL);
    for (const ls_json_value *v = ls_json_first(g->reader->document, value); v;
         v = ls_json_next(g->reader->document, v))
        LS_TRY(read_arguments(g, n, v));
    return LS_OK;
}

/* Keras 2: [layer, call, output, {arguments}] */
static ls_status read_history(const graph *g, node *n, const ls_json_value *history)
{
    LS_TRY(add_input(g, n, history));
    const ls_json_value *v = ls_json_first(g->reader->document, history);
    for (int i = 0; v && i < 3; i++)
        v = ls_json_next(g->reader->document, v);
    return v ? read_named(g, n, v) : LS_OK;
}

static ls_status read_call(const graph *g, node *n, const ls_json_value *call)
{
    if (call->kind == LS_JSON_OBJECT) {
        const ls_json_value *arguments = ls_keras_member(g->reader, call, "args");
        if (arguments)
            LS_TRY(read_arguments(g, n, arguments));
        return read_named(g, n, ls_json_member(g->reader->document, call, "kwargs"));
    }
    if (is_history(g, call))
        return read_history(g, n, call);
    for (const ls_json_value *v = ls_json_first(g->reader->document, call); v; v = ls_json_next(g->reader->document, v))
        LS_TRY(read_history(g, n, v));
    return LS_OK;
}

static ls_status read_node(const graph *g, node *n)
{
    const ls_json_value *calls = ls_json_member(g->reader->document, n->item->object, "inbound_nodes");
    if (!n->item->name)
        return refuse(g, n, NULL, "it has no name", NULL);
    n->begins = strcmp(n->item->class_name, "InputLayer") == 0;
    n->adds = strcmp(n->item->class_name, "Add") == 0 || is_operator(g, n);
    if (!n->adds)
        LS_TRY(ls_keras_container_check(g->reader, n->item));
    if (n->begins)
        return LS_OK;
    if (!calls || calls->kind != LS_JSON_ARRAY || calls->count == 0)
        return refuse(g, n, NULL, "nothing says what it reads", NULL);
    if (calls->count > 1)
        return refuse(g, n, "a layer for each place",
                      "a layer that is shared, at several places of the model, is not supported", NULL);
    LS_TRY(read_call(g, n, ls_json_first(g->reader->document, calls)));
    if (n->inputs != (n->adds ? 2 : 1))
        return refuse(g, n, NULL, n->adds ? "it does not read two layers" : "it reads no layer", NULL);
    return LS_OK;
}

/* ---- the graph ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp((*(node *const *)a)->item->name, (*(node *const *)b)->item->name);
}

static int find(const graph *g, const char *name)
{
    ls_keras_item item = {.name = name};
    node wanted = {.item = &item}, *key = &wanted;
    node **found = bsearch(&key, g->sorted, (size_t)g->count, sizeof *g->sorted, by_name);
    return found ? (int)(*found - g->nodes) : -1;
}

static ls_status sort_names(graph *g)
{
    for (int i = 0; i < g->count; i++)
        g->sorted[i] = &g->nodes[i];
    qsort(g->sorted, (size_t)g->count, sizeof *g->sorted, by_name);
    for (int i = 1; i < g->count; i++)
        if (by_name(&g->sorted[i], &g->sorted[i - 1]) == 0)
            return refuse(g, g->sorted[i], NULL, "another layer has the same name", NULL);
    return LS_OK;
}

/* Who reads whom, both ways. */
static ls_status connect(graph *g)
{
    int place = 0;
    for (int i = 0; i < g->count; i++)
        for (int k = 0; k < g->nodes[i].inputs; k++) {
            node *n = &g->nodes[i];
            n->input[k] = find(g, n->input_name[k]);
            if (n->input[k] < 0)
                return refuse(g, n, NULL, "there is no layer that it reads:", n->input_name[k]);
            if (k > 0 && n->input[k] == n->input[0])
                return refuse(g, n, "Rescaling", "it adds the same twice, which is not supported:", n->input_name[k]);
            g->nodes[n->input[k]].readers++;
        }
    for (int i = 0; i < g->count; i++) {
        g->nodes[i].first_reader = place;
        place += g->nodes[i].readers;
        g->nodes[i].readers = 0;
    }
    for (int i = 0; i < g->count; i++)
        for (int k = 0; k < g->nodes[i].inputs; k++) {
            node *from = &g->nodes[g->nodes[i].input[k]];
            g->read_by[from->first_reader + from->readers++] = i;
        }
    return LS_OK;
}

/* ---- its ends ---- */

/* All [layer, call, output] in "output_layers": one, a list of them, or an object with names for them. */
static void gather_ends(const graph *g, const ls_json_value *value, const char **name, int *count)
{
    if (is_history(g, value)) {
        *name = ls_json_first(g->reader->document, value)->text;
        ++*count;
        return;
    }
    if (value->kind != LS_JSON_ARRAY && value->kind != LS_JSON_OBJECT)
        return;
    for (const ls_json_value *v = ls_json_first(g->reader->document, value); v;
         v = ls_json_next(g->reader->document, v))
        gather_ends(g, v, name, count);
}

static ls_status find_output(graph *g, const ls_json_value *config)
{
    const ls_json_value *ends = ls_keras_member(g->reader, config, "output_layers");
    const char *name = NULL;
    int count = 0;
    if (ends)
        gather_ends(g, ends, &name, &count);
    if (count == 0)
        return ls_keras_refuse(g->reader, NULL, "the model's output_layers name none");
    if (count > 1)
        return ls_keras_refuse(g->reader, "a Dense of all outputs",
                               "a model of %d outputs is not supported; Lockstep has one", count);
    g->output = find(g, name);
    if (g->output < 0)
        return ls_keras_refuse(g->reader, NULL, "the model's output layer '%.200s' is not among its layers", name);
    return LS_OK;
}

static ls_status find_input(graph *g)
{
    g->input = -1;
    for (int i = 0; i < g->count; i++) {
        if (!g->nodes[i].begins)
            continue;
        if (g->input >= 0)
            return refuse(g, &g->nodes[i], "one input with all columns",
                          "a second input is not supported; Lockstep has one", NULL);
        g->input = i;
    }
    return g->input >= 0 ? LS_OK : ls_keras_refuse(g->reader, NULL, "the model has no InputLayer");
}

/* ---- the way from one to the other ---- */

static ls_status refuse_branch(const graph *g, const node *n)
{
    return refuse(g, n, "Add([x, f(x)]), which is residual(...)",
                  "such a branch is not supported; Lockstep has one line of layers, and x + f(x) in it", NULL);
}

/* Reads a node; *n is the one behind it then, -1 at the output. */
static ls_status pass(graph *g, int *at)
{
    node *n = &g->nodes[*at];
    int behind = -1, adds = 0;
    if (n->passed)
        return refuse_branch(g, n);
    n->passed = true;
    LS_TRY(ls_keras_container_item(g->reader, n->item, n->adds));
    for (int i = 0; i < n->readers; i++) {
        const int reader = g->read_by[n->first_reader + i];
        if (g->nodes[reader].adds)
            adds++;
        else if (behind >= 0 || *at == g->output)
            return refuse_branch(g, &g->nodes[reader]);
        else
            behind = reader;
    }
    if (*at == g->output) {
        *at = -1;
        return adds > 0 || g->depth > 0 ? refuse_branch(g, n) : LS_OK;
    }
    if (behind < 0) {
        /* the end of a branch: what goes around it began at the source that was opened last */
        const node *add = adds == 1 ? &g->nodes[g->read_by[n->first_reader]] : NULL;
        const int other = add ? add->input[add->input[0] == *at] : -1;
        if (!add || g->depth == 0 || other != g->source[g->depth - 1])
            return refuse_branch(g, add ? add : n);
        g->depth--;
        *at = (int)(add - g->nodes);
        return LS_OK;
    }
    for (; adds > 0; adds--) {
        if (g->depth == LS_KERAS_BRANCHES_MAX)
            return refuse_branch(g, n);
        LS_TRY(ls_keras_flow_open(g->reader));
        g->source[g->depth++] = *at;
    }
    *at = behind;
    return LS_OK;
}

static ls_status read_line(graph *g)
{
    int at = g->input;
    while (at >= 0)
        LS_TRY(pass(g, &at));
    for (int i = 0; i < g->count; i++)
        if (!g->nodes[i].passed)
            return refuse_branch(g, &g->nodes[i]);
    return LS_OK;
}

/* ---- all of it ---- */

static ls_status read_graph(graph *g, const ls_json_value *config)
{
    for (int i = 0; i < g->count; i++) {
        g->nodes[i].item = &g->items[i];
        LS_TRY(read_node(g, &g->nodes[i]));
    }
    LS_TRY(sort_names(g));
    LS_TRY(connect(g));
    LS_TRY(find_input(g));
    LS_TRY(find_output(g, config));
    return read_line(g);
}

ls_status ls_keras_functional_read(ls_keras_reader *r, const ls_json_value *config)
{
    graph g = {.reader = r};
    ls_status status;
    LS_TRY(ls_keras_container_items(r, ls_json_member(r->document, config, "layers"), &g.items, &g.count));
    LS_TRY_CLEANUP(ls_memory_allocate(&g.nodes, g.count, sizeof *g.nodes, "layers of a configuration"));
    LS_TRY_CLEANUP(ls_memory_allocate(&g.sorted, g.count, sizeof(node *), "layers of a configuration"));
    LS_TRY_CLEANUP(
        ls_memory_allocate(&g.read_by, (int64_t)INPUTS * g.count, sizeof *g.read_by, "layers of a configuration"));
    LS_TRY_CLEANUP(read_graph(&g, config));
cleanup:
    ls_memory_free(g.items);
    ls_memory_free(g.nodes);
    ls_memory_free(g.sorted);
    ls_memory_free(g.read_by);
    return status;
}
