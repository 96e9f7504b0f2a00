/* library-check.c - a FunctionDefLibrary must end: no function may call itself, by whatever way, and none may stand for more
 * nodes than any machine could run. Calls are a node's op and the functions among its attributes. Nothing recurses. */
#include <string.h>
#include "graphdef-private.h"

#define MOST_NODES (UINT64_C(1) << 30) /* of a function with all that it calls, each call counted */

typedef struct function {
    leat_bytes name;
    leat_wire nodes; /* the FunctionDef */
    uint64_t offset;
    uint64_t size; /* nodes, those of its calls too, once it is done */
    size_t first_call, n_calls;
    size_t next; /* call to be looked at */
    enum { NEW, OPEN, DONE } state;
} function;

typedef struct library {
    function *functions;
    size_t n, capacity;
    leat_map index; /* name -> function + 1 */
    uint32_t *calls;
    size_t n_calls, calls_capacity;
    uint32_t *stack;
} library;

static leat_bytes text_field(leat_wire w, uint32_t number)
{
    leat_field f;
    leat_bytes text = {"", 0};
    while (leat_wire_next(&w, &f))
        if (f.number == number && f.type == LEAT_WIRE_BYTES)
            text = (leat_bytes){(const char *)f.bytes, f.size};
    return text;
}

/* FunctionDef: signature 1 {name 1}, node_def 3. */
static leat_status add_function(library *l, const leat_wire *outer, const leat_field *field)
{
    function f = {.name = {"", 0}, .nodes = leat_wire_sub(outer, field), .offset = field->offset};
    leat_wire w = f.nodes;
    leat_field item;
    while (leat_wire_next(&w, &item))
        if (item.number == 1 && item.type == LEAT_WIRE_BYTES)
            f.name = text_field(leat_wire_sub(&w, &item), 1);
    LEAT_TRY(leat_wire_status(&w));
    LEAT_TRY(leat_grow(&l->functions, &l->capacity, l->n + 1, sizeof *l->functions));
    l->functions[l->n++] = f;
    return leat_map_put(&l->index, f.name.data, f.name.size, (void *)(uintptr_t)l->n);
}

static leat_status add_call(library *l, function *f, leat_bytes name)
{
    size_t to = (size_t)(uintptr_t)leat_map_get(&l->index, name.data, name.size);
    if (to == 0)
        return LEAT_OK;
    LEAT_TRY(leat_grow(&l->calls, &l->calls_capacity, l->n_calls + 1, sizeof *l->calls));
    l->calls[l->n_calls++] = (uint32_t)to - 1;
    f->n_calls++;
    return LEAT_OK;
}

/* AttrValue: func 10 {name 1}, list 1 {func 9 {name 1}}. */
static leat_status add_value_calls(library *l, function *f, leat_wire value)
{
    leat_field part, item;
    LEAT_TRY(leat_check_attr_depth(value));
    while (leat_wire_next(&value, &part)) {
        if (part.type != LEAT_WIRE_BYTES)
            continue;
        leat_wire inner = leat_wire_sub(&value, &part);
        if (part.number == 10)
            LEAT_TRY(add_call(l, f, text_field(inner, 1)));
        while (part.number == 1 && leat_wire_next(&inner, &item))
            if (item.number == 9 && item.type == LEAT_WIRE_BYTES)
                LEAT_TRY(add_call(l, f, text_field(leat_wire_sub(&inner, &item), 1)));
    }
    return leat_wire_status(&value);
}

/* NodeDef: op 2, attr 5 {value 2}. */
static leat_status add_node_calls(library *l, function *f, leat_wire node)
{
    leat_field item, value;
    while (leat_wire_next(&node, &item)) {
        if (item.type != LEAT_WIRE_BYTES)
            continue;
        if (item.number == 2)
            LEAT_TRY(add_call(l, f, (leat_bytes){(const char *)item.bytes, item.size}));
        if (item.number != 5)
            continue;
        leat_wire entry = leat_wire_sub(&node, &item);
        while (leat_wire_next(&entry, &value))
            if (value.number == 2 && value.type == LEAT_WIRE_BYTES)
                LEAT_TRY(add_value_calls(l, f, leat_wire_sub(&entry, &value)));
    }
    return leat_wire_status(&node);
}

static leat_status find_calls(library *l)
{
    for (size_t i = 0; i < l->n; i++) {
        function *f = &l->functions[i];
        leat_wire w = f->nodes;
        leat_field item;
        f->first_call = l->n_calls;
        while (leat_wire_next(&w, &item)) {
            if (item.number != 3 || item.type != LEAT_WIRE_BYTES)
                continue;
            f->size++;
            LEAT_TRY(add_node_calls(l, f, leat_wire_sub(&w, &item)));
        }
    }
    return LEAT_OK;
}

static leat_status report_cycle(const library *l, size_t depth, uint32_t again)
{
    leat_buf path = {0};
    size_t i = 0;
    while (l->stack[i] != again)
        i++;
    for (size_t shown = 0; i < depth && shown < 20; i++, shown++) {
        leat_bytes name = l->functions[l->stack[i]].name;
        leat_buf_append(&path, name.data, LEAT_MIN(name.size, (size_t)200));
        leat_buf_puts(&path, " -> ");
    }
    leat_bytes name = l->functions[again].name;
    leat_buf_append(&path, name.data, LEAT_MIN(name.size, (size_t)200));
    leat_status status =
        leat_fail(LEAT_ERR_INVALID_ARGUMENT, "function '%.*s' calls itself: %s",
                  (int)LEAT_MIN(name.size, (size_t)200), name.data, path.failed ? "" : path.data);
    leat_buf_free(&path);
    return status;
}

/* Depth first: a call of a function that is still open closes a cycle. *at is the function that an error is about. */
static leat_status visit(library *l, uint32_t root, size_t *at)
{
    size_t depth = 0;
    l->stack[depth++] = root;
    l->functions[root].state = OPEN;
    while (depth > 0) {
        function *f = &l->functions[l->stack[depth - 1]];
        *at = l->stack[depth - 1];
        if (f->next == f->n_calls) {
            f->state = DONE;
            depth--;
            continue;
        }
        uint32_t to = l->calls[f->first_call + f->next];
        function *callee = &l->functions[to];
        if (callee->state == OPEN)
            return report_cycle(l, depth, to);
        if (callee->state == NEW) {
            callee->state = OPEN;
            l->stack[depth++] = to;
            continue;
        }
        f->next++;
        f->size += callee->size; /* neither is above MOST_NODES: no overflow */
        if (f->size > MOST_NODES)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "function '%.*s' stands for more than 2^30 nodes",
                             (int)LEAT_MIN(f->name.size, (size_t)200), f->name.data);
    }
    return LEAT_OK;
}

leat_status leat_check_library(leat_wire w, uint64_t *offset)
{
    library l = {0};
    leat_field f;
    size_t at = 0;
    leat_status status = LEAT_OK;
    *offset = leat_wire_offset(&w);
    while (status == LEAT_OK && leat_wire_next(&w, &f))
        if (f.number == 1 && f.type == LEAT_WIRE_BYTES)
            status = add_function(&l, &w, &f);
    if (status == LEAT_OK)
        status = leat_wire_status(&w);
    if (status == LEAT_OK)
        status = find_calls(&l);
    l.stack = status == LEAT_OK ? leat_alloc((l.n + 1) * sizeof *l.stack) : NULL;
    if (status == LEAT_OK && l.stack == NULL)
        status = leat_fail_memory(l.n * sizeof *l.stack);
    for (size_t i = 0; status == LEAT_OK && i < l.n; i++)
        if (l.functions[i].state == NEW && (status = visit(&l, (uint32_t)i, &at)) != LEAT_OK)
            *offset = l.functions[at].offset;
    leat_free(l.functions);
    leat_free(l.calls);
    leat_free(l.stack);
    leat_map_free(&l.index);
    return status;
}
