/* graph-private.h - a GraphDef as TensorBoard shows it: a hierarchy of scopes with edges between them.
 *
 * The model borrows the serialized GraphDef, which must outlive it. Every walk is a loop over arrays or
 * over the tree's links, never recursion: names, depths and edges come from a file. */
#ifndef LEAT_GRAPH_PRIVATE_H
#define LEAT_GRAPH_PRIVATE_H

#include "base/base-private.h"
#include "proto/wire-private.h"

#define LEAT_G_NONE UINT32_MAX
#define LEAT_G_LEVELS 100   /* scopes nest no deeper; the rest of a longer name stays in the leaf */
#define LEAT_G_DIMS 8       /* dimensions kept of a shape */
#define LEAT_G_SERIES_MIN 5 /* this many consecutive numbers make a series */
#define LEAT_G_CROWD 2000   /* more ops in one scope are shown by op type */
#define LEAT_G_FUNCTION_PREFIX "__function_library__"

typedef enum leat_gkind { LEAT_G_OP, LEAT_G_SCOPE, LEAT_G_SERIES } leat_gkind;

enum {
    LEAT_G_STRICT = 1,     /* an op `A` beside `A/B`: shown as `A/(A)` */
    LEAT_G_EMBED_IN = 2,   /* a constant, drawn beside its consumers */
    LEAT_G_EMBED_OUT = 4,  /* a summary, drawn beside its producer */
    LEAT_G_FUNCTION = 8,   /* a scope: a function of the library */
    LEAT_G_CONNECTED = 16, /* a series: data flows between its members */
    LEAT_G_LINKED = 32,    /* stands in its parent's list of children */
    LEAT_G_ALONE = 64      /* a scope: no other has its structure */
};

typedef struct leat_gnode {
    const char *name;         /* full name, not NUL-terminated; of a strict op without the `/(A)` */
    const uint8_t *def;       /* NodeDef bytes of an op, or NULL */
    uint32_t name_size, leaf; /* leaf: where the last segment begins in name */
    uint32_t def_size;
    uint32_t op, device;                /* ids in ops and devices, or LEAT_G_NONE */
    uint32_t parent, first, last, next; /* links of the tree, LEAT_G_NONE at the ends */
    uint32_t children;                  /* how many hang below directly */
    uint32_t cardinality;               /* ops below, embedded ones not counted; 1 for an op */
    uint32_t structure; /* of a scope: equal numbers mean equal subgraphs; small ones stand higher */
    uint16_t level;     /* the root's children have 1 */
    uint8_t kind, flags;
} leat_gnode;

typedef struct leat_gedge {
    uint32_t from, to;
    uint32_t output : 30, control : 1, ref : 1;
    float elements; /* of the tensor, unknown dimensions counted as 1; below 0: not looked up yet */
} leat_gedge;

/* A constant or summary `node` drawn beside `host`. */
typedef struct leat_gembed {
    uint32_t host, node;
} leat_gembed;

typedef struct leat_gtext {
    const char *at;
    uint32_t size;
} leat_gtext;

/* A set of strings with small numbers: op types, devices. */
typedef struct leat_gtable {
    leat_map ids;
    leat_gtext *texts;
    size_t count, capacity;
} leat_gtable;

typedef struct leat_gstat {
    double micros; /* spent computing; of a scope the sum of its ops */
    double bytes;  /* allocated */
    bool seen;     /* an op of it ran */
} leat_gstat;

typedef struct leat_gmodel {
    leat_arena arena;
    leat_gnode *nodes; /* ops in the file's order, then scopes, then series */
    size_t n_nodes, nodes_capacity;
    uint32_t n_ops, root;
    leat_gedge *edges;
    size_t n_edges, edges_capacity;
    leat_gembed *embeds;
    size_t n_embeds, embeds_capacity;
    leat_gtable ops, devices;
    leat_map names;        /* full name of an op -> index + 1 */
    leat_map scopes;       /* full name of a scope -> index + 1 */
    leat_gstat *stats;     /* by node; NULL without RunMetadata */
    uint32_t n_structures; /* that more than one scope has */
    uint32_t n_functions, n_series;
    size_t n_dangling;   /* inputs that name no node */
    size_t n_duplicates; /* names that occur more than once; the first one gets the edges */
    bool has_shapes;     /* some node carries _output_shapes */
} leat_gmodel;

typedef struct leat_gshape {
    bool known; /* the rank is known */
    uint32_t rank;
    int64_t dims[LEAT_G_DIMS]; /* the first ones; -1 unknown */
    double elements;           /* unknown dimensions counted as 1 */
} leat_gshape;

/* Reads a serialized GraphDef. `source` names it in messages. Start from an all-zero model; free it in any
 * case. */
leat_status leat_gmodel_read(leat_gmodel *m, const void *graph_def, size_t size,
                             const char *source) LEAT_MUST_CHECK;
/* Adds times and memory of a serialized RunMetadata. */
leat_status leat_gmodel_add_stats(leat_gmodel *m, const void *run_metadata, size_t size) LEAT_MUST_CHECK;
void leat_gmodel_free(leat_gmodel *m);

/* Steps of leat_gmodel_read, in this order. */
leat_status leat_gmodel_parse(leat_gmodel *m, const void *graph_def,
                              size_t size) LEAT_MUST_CHECK;      /* nodes, names */
leat_status leat_gmodel_connect(leat_gmodel *m) LEAT_MUST_CHECK; /* edges and embeddings */
leat_status leat_gmodel_nest(leat_gmodel *m) LEAT_MUST_CHECK;    /* scopes, series, the tree */
leat_status leat_gmodel_compare(leat_gmodel *m) LEAT_MUST_CHECK; /* structures */

leat_status leat_gtable_add(leat_gtable *t, const char *text, size_t size, uint32_t *id) LEAT_MUST_CHECK;
/* A node at the end of the array; LEAT_G_NONE links. The pointers into m->nodes move. */
leat_status leat_gmodel_add_node(leat_gmodel *m, leat_gnode node, uint32_t *index) LEAT_MUST_CHECK;
/* The node after `node` in pre-order, not going below it where `below` is false; LEAT_G_NONE at the end. */
uint32_t leat_gmodel_next(const leat_gmodel *m, uint32_t node, bool below);
/* The op or scope of that full name (`A/(A)` is the op, `A` the scope), or LEAT_G_NONE. */
uint32_t leat_gmodel_find(const leat_gmodel *m, const char *name);
/* What _output_shapes says of an output, or a placeholder's and variable's own attribute; false: nothing. */
bool leat_gmodel_shape(const leat_gmodel *m, uint32_t node, uint32_t output, leat_gshape *shape);
/* Elements of the edge's tensor; 1 where nothing is known. */
double leat_gmodel_edge_elements(leat_gmodel *m, size_t edge);
/* Appends "a×b", "scalar" or "?"; nothing where nothing is known. */
void leat_gshape_put(leat_buf *out, const leat_gshape *shape);
/* Appends the shown name of a node: its last segment, "(A)" for a strict op. */
void leat_gmodel_put_label(const leat_gmodel *m, uint32_t node, leat_buf *out);
/* Appends the full name, unique within the graph: "A/(A)" for a strict op. */
void leat_gmodel_put_name(const leat_gmodel *m, uint32_t node, leat_buf *out);

static inline bool leat_gtext_is(const leat_gtext *t, const char *text)
{
    return t->size == strlen(text) && memcmp(t->at, text, t->size) == 0;
}

static inline bool leat_gmodel_op_is(const leat_gmodel *m, uint32_t node, const char *op)
{
    return m->nodes[node].op != LEAT_G_NONE && leat_gtext_is(&m->ops.texts[m->nodes[node].op], op);
}

#endif
