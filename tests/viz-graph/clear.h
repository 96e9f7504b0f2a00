/* clear.h - what paths of a placed diagram may not run over. Positions are absolute. */
#ifndef LEAT_TESTS_CLEAR_H
#define LEAT_TESTS_CLEAR_H

#include "viz/scene-private.h"

typedef struct clear_scene {
    leat_gmodel m;
    leat_scene s;
    leat_lay_session session;
    leat_canvas *canvas;
} clear_scene;

/* The graph with scopes open as `--depth` has it, layers at that distance (0: as usual). Free it in any case. */
leat_status clear_place(clear_scene *c, const leat_buf *g, int depth, double ranksep);
void clear_free(clear_scene *c);

/* How many pairs there are of a path and a box that is neither one of its ends nor around one. */
size_t clear_paths_over_boxes(const leat_scene *s);
/* How many pairs of a path, its arrow head apart, and a label: of an edge, or of an open scope that the path leaves. */
size_t clear_paths_under_labels(const leat_scene *s);

#endif
