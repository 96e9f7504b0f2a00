/* scene-private.h - what of a graph is drawn: boxes in open scopes, aggregated edges, annotations; and
 * where.
 *
 * A box stands for an op, a closed or open scope, a series, or a port: the place where edges cross the
 * border of an open scope. Boxes that hold nodes are numbered in pre-order, so that loops over the array
 * see a scope before what is in it; ports follow after all of them. Lengths are TensorBoard's units (an op
 * is 15 x 6), y grows downwards. */
#ifndef LEAT_SCENE_PRIVATE_H
#define LEAT_SCENE_PRIVATE_H

#include "viz/canvas-private.h"
#include "viz/graph-private.h"
#include "viz/layout-private.h"

#define LEAT_S_NOTES 5          /* annotations on one side of a box; more become an ellipsis */
#define LEAT_S_EXTRACT_NODES 15 /* smaller scopes extract nothing by degree */
#define LEAT_S_EXTRACT_DEGREE 4 /* nor do degrees up to this */
#define LEAT_S_CONTROL_DEGREE 4 /* more control edges become annotations */
#define LEAT_S_BRIDGE_DEGREE 4  /* more edges across a scope's border to one place become annotations */

#define LEAT_S_FONT 6.0     /* labels of boxes */
#define LEAT_S_SMALL 5.0    /* labels of annotations and edges */
#define LEAT_S_LINE 7.0     /* from one annotation to the next */
#define LEAT_S_PAD 8.0      /* inside an open scope */
#define LEAT_S_HEAD 11.0    /* an open scope's label */
#define LEAT_S_GAP 2.0      /* between a shape and its label */
#define LEAT_S_LEAD 8.0     /* an annotation's line */
#define LEAT_S_ICON 10.0    /* the widest annotation's symbol */
#define LEAT_S_AUX_GAP 20.0 /* between a scope's main graph and its auxiliary area */

typedef enum leat_skind { LEAT_S_OP, LEAT_S_SCOPE, LEAT_S_SERIES, LEAT_S_OPEN, LEAT_S_PORT } leat_skind;
typedef enum leat_splace { LEAT_S_CORE, LEAT_S_AUX, LEAT_S_LIBRARY, LEAT_S_UNUSED } leat_splace;
typedef enum leat_snote_kind { LEAT_S_CONST, LEAT_S_SUMMARY, LEAT_S_SHORTCUT } leat_snote_kind;

typedef struct leat_snote {
    uint32_t node; /* of the model */
    uint8_t kind, control, ref;
    double label_w; /* set when placing */
    char *label;
} leat_snote;

typedef struct leat_snotes {
    uint32_t count, more; /* more: how many beyond the last */
    leat_snote at[LEAT_S_NOTES];
    double width; /* of the longest label */
} leat_snotes;

typedef struct leat_sbox {
    uint32_t node;        /* of the model; of a port: the box at the other end of what crosses */
    uint32_t scope;       /* the open box it stands in; LEAT_G_NONE for the root */
    uint32_t first, next; /* boxes in this one: the first, and the one beside it */
    uint32_t first_edge, last_edge, first_port, last_port; /* of an open box */
    uint32_t local; /* number within its scope, while one scope is at work */
    uint16_t level;
    uint8_t kind, place;
    uint8_t out, top; /* a port: do edges leave here; is it on the upper border */
    leat_snotes *in_notes, *out_notes;
    char *label;                      /* as shown, shortened where too long */
    double label_w, label_x, label_y; /* left end and middle line of the text, relative to the box */
    leat_box aux,
        library;       /* of an open box: areas beside or below its main graph, relative to it; w 0: none */
    double x, y, w, h; /* with annotations and label; x, y absolute in the end */
    double core_x, core_y, core_w, core_h; /* the shape itself, relative to the box */
} leat_sbox;

typedef struct leat_sedge {
    uint32_t from, to;           /* boxes of one scope */
    uint32_t next;               /* in the scope's list */
    uint32_t base;               /* one of the model's edges that it stands for, of data if it has one */
    uint32_t data, control, ref; /* how many of each */
    bool cut;                    /* annotations stand for it */
    bool reversed;               /* runs against the drawing's direction */
    bool folded;                 /* its path leads from one column to another */
    double elements;             /* of all tensors */
    leat_point *points;          /* a Bezier path of 3k + 1 points from `from` to `to`, absolute in the end */
    size_t n_points;
    char *label;
    double label_w, label_h;
    leat_point label_at; /* its middle */
} leat_sedge;

typedef struct leat_scene {
    leat_gmodel *model;
    leat_arena arena;
    leat_sbox *boxes;
    size_t n_boxes, boxes_capacity;
    uint32_t n_nodes; /* boxes that are not ports */
    leat_sedge *edges;
    size_t n_edges, edges_capacity;
    uint32_t *shown;          /* by node of the model: the box it is seen in, or LEAT_G_NONE */
    struct leat_spair *pairs; /* hash table of edges and ports */
    size_t n_pairs, pairs_capacity;
    leat_lay_session *session; /* set while placing */
    double w, h;
} leat_scene;

/* What is open and what is moved; arrays by node of the model. */
typedef struct leat_schoice {
    uint8_t *open;
    int8_t *place; /* 1: keep in the main graph, -1: put in the auxiliary area, 0: by the rules */
} leat_schoice;

/* Sizes, labels and positions of everything; s->w and s->h at the end. The canvas measures texts, no more. */
leat_status leat_scene_place(leat_scene *s, leat_canvas *canvas, leat_lay_session *session) LEAT_MUST_CHECK;
/* Steps of it: labels and the sizes of closed boxes; one open box, those in it being placed. */
leat_status leat_scene_size(leat_scene *s, leat_canvas *canvas) LEAT_MUST_CHECK;
/* Sets paths that meet one side of a box beside each other. */
leat_status leat_scene_fan(leat_scene *s, uint32_t scope) LEAT_MUST_CHECK;
/* Leads paths that run over a box around it. */
leat_status leat_scene_route(leat_scene *s, uint32_t scope) LEAT_MUST_CHECK;
/* Does the path come nearer than `clear` to a box of its scope's main graph that is none of its ends? */
bool leat_scene_meets_box(const leat_scene *s, const leat_sedge *e, double clear);
/* Sets the auxiliary area and the library; the size of the scope, whose main graph is at left, top. */
void leat_scene_set_areas(leat_scene *s, uint32_t scope, double left, double top, double core_w,
                          double core_h);
/* Moves labels of edges off each other and off paths, within the main graph `core`. */
leat_status leat_scene_settle_labels(leat_scene *s, uint32_t scope, leat_box core) LEAT_MUST_CHECK;
/* Does a path go on beyond its end at `box`, through the border of an open scope? */
bool leat_scene_goes_on(const leat_scene *s, uint32_t box, uint32_t other, bool out);
/* The point of one part of a path at u in 0..1. The layout's points and the canvas's are both x, y. */
_Static_assert(sizeof(leat_point) == sizeof(leat_lay_point), "points are handed over");
static inline leat_point leat_scene_on_part(const leat_point *part, double u)
{
    leat_lay_point at = leat_layout_on_part((const leat_lay_point *)part, u);
    return (leat_point){at.x, at.y};
}
/* The width that a path's end takes on a closed scope's side: of the line, or of its arrow head, with what keeps it
 * apart from the next. */
double leat_scene_end_width(const leat_sedge *e, bool head);
/* Has the path its arrow head at its last point, or, as references, at its first? */
static inline bool leat_scene_head_is_last(const leat_sedge *e)
{
    return e->ref == 0 || e->data == 0;
}
#define LEAT_S_HEAD_MIN 2.6 /* an arrow head is as long and as wide as this and so much of the line's width */
#define LEAT_S_HEAD_PER_WIDTH 1.2
#define LEAT_S_CORNER 6.0 /* of a scope's side, kept free of paths' ends */
/* TensorBoard's width of an edge: its size to the power 0.3, from [1, 5e6] to [0.75, 12]. But references are at most 3
 * wide: no tensor passes along them, and as wide as their variables they would hide the data's way. */
double leat_scene_edge_width(const leat_sedge *e);

leat_status leat_scene_build(leat_scene *s, leat_gmodel *m, const leat_schoice *choice) LEAT_MUST_CHECK;
void leat_scene_free(leat_scene *s);

/* Steps of leat_scene_build, for one open box after another, outer ones first. */
leat_status leat_scene_extract(leat_scene *s, uint32_t scope, const leat_schoice *choice) LEAT_MUST_CHECK;
leat_status leat_scene_bridge(leat_scene *s, uint32_t scope) LEAT_MUST_CHECK;
leat_status leat_scene_order(leat_scene *s, uint32_t scope) LEAT_MUST_CHECK;

/* The edge between two boxes, or LEAT_G_NONE; the port of a scope towards a box, or LEAT_G_NONE. */
uint32_t leat_scene_port(const leat_scene *s, uint32_t scope, bool out, uint32_t other);
/* In the scope around `port`'s scope: the edge that goes on from that port, or LEAT_G_NONE. */
uint32_t leat_scene_adjoining(const leat_scene *s, uint32_t port);
leat_status leat_scene_note(leat_scene *s, uint32_t box, bool in, leat_snote note) LEAT_MUST_CHECK;

#endif
