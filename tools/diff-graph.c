/* diff-graph.c - `leat inspect --diff` of two graphs. Both are imported, so that defaults and spellings of one value do not count. */
#include <stdlib.h>
#include <string.h>
#include "engine/files/graph-schema-private.h"
#include "engine/files/graphdef-private.h"
#include "tools/inspect-private.h"

typedef struct diff {
    const leat_graph *from, *to;
    bool json;
    leat_buf *out;
    leat_buf added, removed, changed; /* JSON: items; text: lines */
    size_t n_added, n_removed, n_changed, same;
    leat_buf changes; /* of the node that is compared */
    size_t n_changes;
} diff;

/* ---- values as one line of text ---- */

/* An AttrValue's bytes in text format, blanks and newlines as one blank; a long one is cut. */
static void put_value(leat_buf *b, const leat_buf *value)
{
    enum { MOST = 120 };
    leat_buf text = {0};
    size_t unknown, n = 0;
    if (leat_text_write(leat_attr_value_message, value->data, value->size, &text, &unknown) != LEAT_OK)
        leat_clear_message();
    for (size_t i = 0; i < text.size && n < MOST; i++) {
        bool blank = text.data[i] == ' ' || text.data[i] == '\n';
        bool last = blank && (i + 1 == text.size || text.data[i + 1] == ' ' || text.data[i + 1] == '\n');
        if (last)
            continue;
        leat_buf_putc(b, blank ? ' ' : text.data[i]);
        n++;
    }
    if (n == MOST)
        leat_buf_puts(b, "...");
    leat_buf_free(&text);
}

/* One change of the current node: "what: from -> to". */
static void put_change(diff *d, const char *what, const char *name, const leat_buf *from, const leat_buf *to)
{
    if (d->json) {
        leat_buf text = {0};
        leat_buf_printf(&text, "%s%s%s", what, *name != '\0' ? " " : "", name);
        leat_buf_puts(&d->changes, d->n_changes > 0 ? ", " : "");
        leat_buf_put_json(&d->changes, text.data != NULL ? text.data : "", text.size);
        leat_buf_free(&text);
    } else {
        leat_buf_printf(&d->changes, "    %s%s", what, *name != '\0' ? " " : "");
        leat_buf_put_escaped(&d->changes, name, strlen(name));
        leat_buf_puts(&d->changes, ": ");
        leat_buf_append(&d->changes, from->data, from->size);
        leat_buf_puts(&d->changes, " -> ");
        leat_buf_append(&d->changes, to->data, to->size);
        leat_buf_putc(&d->changes, '\n');
    }
    d->n_changes++;
}

static void compare_texts(diff *d, const char *what, const char *from, const char *to)
{
    leat_buf a = {0}, b = {0};
    if (strcmp(from, to) == 0)
        return;
    leat_buf_put_escaped(&a, from, strlen(from));
    leat_buf_put_escaped(&b, to, strlen(to));
    put_change(d, what, "", &a, &b);
    leat_buf_free(&a);
    leat_buf_free(&b);
}

/* ---- nodes ---- */

static void put_inputs(leat_buf *b, const leat_op *op)
{
    leat_buf_putc(b, '(');
    for (uint32_t i = 0; i < op->n_inputs; i++)
        leat_buf_printf(b, "%s%s:%d", i > 0 ? ", " : "", op->inputs[i].op->name, op->inputs[i].index);
    leat_buf_putc(b, ')');
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(leat_op *const *)a)->name, (*(leat_op *const *)b)->name);
}

/* The order of control inputs says nothing. */
static leat_status put_controls(leat_buf *b, const leat_op *op)
{
    leat_op **sorted = leat_alloc(((size_t)op->n_controls + 1) * sizeof *sorted);
    if (sorted == NULL)
        return leat_fail_memory(op->n_controls * sizeof *sorted);
    if (op->n_controls > 0) {
        memcpy(sorted, op->controls, op->n_controls * sizeof *sorted);
        qsort(sorted, op->n_controls, sizeof *sorted, by_name);
    }
    leat_buf_putc(b, '(');
    for (uint32_t i = 0; i < op->n_controls; i++)
        leat_buf_printf(b, "%s^%s", i > 0 ? ", " : "", sorted[i]->name);
    leat_buf_putc(b, ')');
    leat_free(sorted);
    return LEAT_OK;
}

static void put_attr(leat_buf *b, const leat_op *op, const char *name)
{
    const leat_attr_value *v = leat_attr(op, name);
    if (v == NULL || (v->kind == LEAT_ATTR_TENSOR && v->tensor == NULL))
        return;
    leat_put_attr_value(b, 1, v);
}

static void compare_attr(diff *d, const leat_op *from, const leat_op *to, const char *name)
{
    leat_buf a = {0}, b = {0}, a_text = {0}, b_text = {0};
    put_attr(&a, from, name);
    put_attr(&b, to, name);
    if (a.size != b.size || (a.size > 0 && memcmp(a.data, b.data, a.size) != 0)) {
        if (a.size > 0)
            put_value(&a_text, &a);
        else
            leat_buf_puts(&a_text, "none");
        if (b.size > 0)
            put_value(&b_text, &b);
        else
            leat_buf_puts(&b_text, "none");
        put_change(d, "attribute", name, &a_text, &b_text);
    }
    d->changes.failed |= a.failed | b.failed | a_text.failed | b_text.failed;
    leat_buf_free(&a);
    leat_buf_free(&b);
    leat_buf_free(&a_text);
    leat_buf_free(&b_text);
}

static leat_status compare_nodes(diff *d, const leat_op *from, const leat_op *to)
{
    leat_buf a = {0}, b = {0};
    compare_texts(d, "op", from->type_name, to->type_name);
    compare_texts(d, "device", from->device, to->device);
    put_inputs(&a, from);
    put_inputs(&b, to);
    if (!a.failed && !b.failed && strcmp(a.data, b.data) != 0)
        put_change(d, "inputs", "", &a, &b);
    leat_buf_clear(&a);
    leat_buf_clear(&b);
    leat_status status = put_controls(&a, from);
    if (status == LEAT_OK)
        status = put_controls(&b, to);
    if (status == LEAT_OK && !a.failed && !b.failed && strcmp(a.data, b.data) != 0)
        put_change(d, "control inputs", "", &a, &b);
    for (unsigned i = 0; i < from->n_attrs; i++)
        compare_attr(d, from, to, from->attrs[i].name);
    for (unsigned i = 0; i < to->n_attrs; i++)
        if (leat_attr(from, to->attrs[i].name) == NULL)
            compare_attr(d, from, to, to->attrs[i].name);
    leat_buf_free(&a);
    leat_buf_free(&b);
    return status;
}

static void put_node(diff *d, leat_buf *b, size_t *n, char sign, const leat_op *op)
{
    if (d->json) {
        leat_buf_puts(b, *n > 0 ? ", " : "");
        leat_buf_put_json(b, op->name, strlen(op->name));
    } else {
        leat_buf_printf(b, "%c %s (", sign, op->name);
        leat_buf_put_escaped(b, op->type_name, strlen(op->type_name));
        leat_buf_puts(b, ")\n");
    }
    ++*n;
}

static void put_changed(diff *d, const leat_op *op)
{
    if (!d->json) {
        put_node(d, &d->changed, &d->n_changed, '~', op);
        leat_buf_append(&d->changed, d->changes.data, d->changes.size);
        return;
    }
    leat_buf_puts(&d->changed, d->n_changed++ > 0 ? ", {\"name\": " : "{\"name\": ");
    leat_buf_put_json(&d->changed, op->name, strlen(op->name));
    leat_buf_puts(&d->changed, ", \"what\": [");
    leat_buf_append(&d->changed, d->changes.data, d->changes.size);
    leat_buf_puts(&d->changed, "]}");
}

static leat_status compare_graphs(diff *d)
{
    for (size_t i = 0; i < leat_graph_op_count(d->from); i++) {
        const leat_op *op = leat_graph_op_at(d->from, i), *other = leat_graph_find(d->to, op->name);
        if (other == NULL) {
            put_node(d, &d->removed, &d->n_removed, '-', op);
            continue;
        }
        leat_buf_clear(&d->changes);
        d->n_changes = 0;
        LEAT_TRY(compare_nodes(d, op, other));
        LEAT_TRY(leat_buf_status(&d->changes));
        if (d->n_changes > 0)
            put_changed(d, op);
        else
            d->same++;
    }
    for (size_t i = 0; i < leat_graph_op_count(d->to); i++)
        if (leat_graph_find(d->from, leat_graph_op_at(d->to, i)->name) == NULL)
            put_node(d, &d->added, &d->n_added, '+', leat_graph_op_at(d->to, i));
    return LEAT_OK;
}

static void put_all(diff *d, bool functions)
{
    leat_buf *parts[] = {&d->added, &d->removed, &d->changed};
    static const char *const keys[] = {"{\"added\": [", "], \"removed\": [", "], \"changed\": ["};
    for (int i = 0; i < 3; i++) {
        d->out->failed |= parts[i]->failed;
        leat_buf_puts(d->out, d->json ? keys[i] : "");
        leat_buf_append(d->out, parts[i]->data, parts[i]->size);
    }
    if (d->json)
        leat_buf_printf(d->out, "], \"functions_differ\": %s}\n", functions ? "true" : "false");
    else
        leat_buf_printf(d->out, "%s%zu nodes added, %zu removed, %zu changed, %zu the same\n",
                        functions ? "~ library of functions\n" : "", d->n_added, d->n_removed, d->n_changed,
                        d->same);
}

leat_status leat_diff_graphs(const char *from, const char *to, bool json, leat_buf *out, bool *differ)
{
    leat_graph *a = leat_graph_new(), *b = leat_graph_new();
    diff d = {.from = a, .to = b, .json = json, .out = out};
    leat_status status = a != NULL && b != NULL ? leat_import_graph_file(a, from, NULL) : LEAT_ERR_NO_MEMORY;
    if (status == LEAT_OK)
        status = leat_import_graph_file(b, to, NULL);
    if (status == LEAT_OK)
        status = compare_graphs(&d);
    if (status == LEAT_OK) {
        bool functions = a->library_size != b->library_size ||
                         (a->library_size > 0 && memcmp(a->library, b->library, a->library_size) != 0);
        put_all(&d, functions);
        *differ = d.n_added + d.n_removed + d.n_changed > 0 || functions;
    }
    leat_buf_free(&d.added);
    leat_buf_free(&d.removed);
    leat_buf_free(&d.changed);
    leat_buf_free(&d.changes);
    leat_graph_free(a);
    leat_graph_free(b);
    return status;
}
