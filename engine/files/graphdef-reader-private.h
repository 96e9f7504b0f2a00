/* graphdef-reader-private.h - the parts of reading a GraphDef share this (graphdef-read.c says how it goes). */
#ifndef LEAT_GRAPHDEF_READER_PRIVATE_H
#define LEAT_GRAPHDEF_READER_PRIVATE_H

#include <string.h>
#include "graphdef-private.h"

typedef struct node {
    leat_wire span;
    const char *name; /* in the bytes */
    const char *type;
    uint32_t name_size, type_size, n_inputs, pending;
    uint32_t first_source;  /* of its inputs, in `sources` */
    uint32_t outputs_named; /* of an unknown op: one more than the largest index asked for */
    leat_op *op;
} node;

#define BACK_EDGE (UINT32_C(1) << 31) /* in `sources`: from a NextIteration to a Merge */
#define MOST_REPEATS 65535            /* of control inputs of one node */

typedef struct reader {
    leat_graph *g;
    const leat_import_options *o;
    const char *origin, *prefix;
    uint64_t size;
    node *nodes;
    size_t n, capacity;
    leat_map index; /* name -> node + 1 */
    uint32_t *succ_begin, *succ, *order;
    uint32_t *sources; /* of every input its node + 1, so that a name is looked up once; 0: mapped */
    size_t n_sources;
    leat_map mapped;  /* "name" or "name:k" -> leat_out * */
    leat_map renamed; /* of nodes whose full name was taken: name -> full name */
    const leat_text_places *places;
    int32_t producer, min_consumer;
    leat_wire library;  /* of functions */
    leat_buf libraries; /* all of them in a row, where the file has several */
    size_t n_libraries;
    bool *map_used; /* by index of o->map_names */
} reader;

typedef struct input {
    const char *name;
    size_t size;
    int64_t index;
    bool control;
} input;

/* An offset as errors tell it: itself, or the line of what was text. */
uint32_t leat_reader_place(const reader *r, uint64_t offset);
/* "ORIGIN:OFFSET", or of what was text "ORIGIN:LINE". */
leat_status leat_reader_at_offset(const reader *r, uint64_t offset, leat_status status);
/* The same and "node 'N' (Op)". */
leat_status leat_reader_at(const reader *r, const node *n, leat_status status);
bool leat_reader_is_plain_text(const char *text, size_t n); /* UTF-8 without control characters */
/* "name", "name:1" or "^name". */
leat_status leat_reader_parse_input(const leat_field *f, input *in) LEAT_MUST_CHECK;
/* What the caller gave for this input; NULL: it is the graph's own. */
const leat_out *leat_reader_mapped(const reader *r, const leat_field *f, const input *in);
/* The prefix and the input map. */
leat_status leat_reader_take_options(reader *r) LEAT_MUST_CHECK;
/* Renames what the graph has already. Needs the order. */
leat_status leat_reader_make_names_unique(reader *r) LEAT_MUST_CHECK;
/* What a node of this name is called in the graph. */
leat_status leat_reader_full_name(const reader *r, const char *name, size_t n,
                                  leat_buf *full) LEAT_MUST_CHECK;
leat_status leat_reader_check_map(reader *r) LEAT_MUST_CHECK;
leat_status leat_reader_give_returns(reader *r) LEAT_MUST_CHECK;
/* Sources, and the order: topological, ties by the node's index. */
leat_status leat_reader_make_order(reader *r) LEAT_MUST_CHECK;
/* Loops are left only where they were entered. */
leat_status leat_reader_check_loops(reader *r) LEAT_MUST_CHECK;
leat_status leat_reader_build(reader *r) LEAT_MUST_CHECK;

static inline bool type_is(const node *n, const char *type)
{
    return strlen(type) == n->type_size && memcmp(n->type, type, n->type_size) == 0;
}

#endif
