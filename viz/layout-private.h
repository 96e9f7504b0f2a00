/* layout-private.h - placing the boxes of one scope in layers, sources at the bottom; knows no file format
 * and nothing of graphs but boxes and edges.
 *
 * Graphviz's dot does it where the graph is of a size that it handles quickly, an own simple layering
 * elsewhere. Boxes of unconnected parts are packed in rows. */
#ifndef LEAT_LAYOUT_PRIVATE_H
#define LEAT_LAYOUT_PRIVATE_H

#include "base/base-private.h"

typedef enum leat_lay_rank { LEAT_LAY_ANY, LEAT_LAY_BOTTOM, LEAT_LAY_TOP } leat_lay_rank;

typedef struct leat_lay_point {
    double x, y;
} leat_lay_point;

typedef struct leat_lay_box {
    double w, h;
    leat_lay_rank rank; /* BOTTOM has no edges into it, TOP none out of it */
    uint32_t kin;       /* equal numbers, but 0: alike, and best drawn in the order given */
    uint32_t after;     /* of its row: the number, + 1, of the box that must stand to its left; 0: none */
    bool over_bottom, under_top; /* must stand in a layer above those at the bottom, below those at the top */
    double x, y;                 /* out: left and upper end */
} leat_lay_box;

typedef struct leat_lay_edge {
    uint32_t from, to;       /* drawn upwards: no cycles */
    double from_x, to_x;     /* where it meets the boxes' upper and lower border, from their left ends */
    double label_w, label_h; /* 0: none */
    double width;            /* of the line */
    leat_lay_point label;    /* out: middle of the label */
    leat_lay_point *points;  /* out: Bezier path of 3k + 1 points, in the arena */
    size_t n_points;
    bool folded; /* out: leads from one column to another, and down between them */
} leat_lay_edge;

/* What several layouts share; starts as all zero, and ends when they are done. Making graphviz's context
 * reads its configuration, and some versions of it never give that memory back. */
typedef struct leat_lay_session {
    void *graphviz;
    double ranksep; /* between two layers; 0: as TensorBoard has it */
} leat_lay_session;
void leat_lay_session_end(leat_lay_session *s);

typedef struct leat_lay_graph {
    leat_lay_session *session;
    leat_lay_box *boxes;
    size_t n_boxes;
    leat_lay_edge *edges;
    size_t n_edges;
    double nodesep, ranksep;
    double aspect; /* wished width / height where parts are packed */
    double w, h;   /* out */
} leat_lay_graph;

/* Positions start at 0, 0. Any thread; graphviz runs under a lock. */
leat_status leat_layout(leat_lay_graph *g, leat_arena *arena) LEAT_MUST_CHECK;

/* dot's layout with ports at the borders and with boxes in their order, as far as that makes it no worse. */
leat_status leat_layout_ordered(leat_lay_graph *g, leat_arena *arena) LEAT_MUST_CHECK;
/* The two ways, for one connected part. dot reports LEAT_ERR_UNIMPLEMENTED where it cannot or should not. */
leat_status leat_layout_dot(leat_lay_graph *g, leat_arena *arena) LEAT_MUST_CHECK;
/* Sets a part that is too high for a page in columns. */
leat_status leat_layout_fold(leat_lay_graph *g, leat_arena *arena) LEAT_MUST_CHECK;
/* Rounds the paths of dot's result. */
leat_status leat_layout_smooth(leat_lay_graph *g) LEAT_MUST_CHECK;
/* Where one part of a Bezier path meets the next at an angle: rounds it, by up to `reach` from the corner. Says
 * whether it met one. */
bool leat_layout_round(leat_lay_point *points, size_t n, double reach);
/* The point of one part of a Bezier path, four points, at u in 0..1. */
leat_lay_point leat_layout_on_part(const leat_lay_point *part, double u);
leat_status leat_layout_layers(leat_lay_graph *g, leat_arena *arena) LEAT_MUST_CHECK;
/* The layer of every box, by the longest path from below; returns how many layers there are, 0 out of
 * memory. */
size_t leat_layout_ranks(const leat_lay_graph *g, uint32_t *ranks);

#endif
