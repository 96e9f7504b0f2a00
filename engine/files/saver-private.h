/* saver-private.h - what a saver is. */
#ifndef LEAT_SAVER_PRIVATE_H
#define LEAT_SAVER_PRIVATE_H

#include "engine/files/checkpoint-private.h"
#include "leat/saver.h"

struct leat_saver {
    leat_graph *graph;
    leat_out filename, save; /* save/Const, save/control_dependency */
    leat_op *restore;        /* save/restore_all */
    int max_to_keep;
    double keep_hours;
    int version; /* of the SaverDef that it was made from; 0: none, V2 */
    bool sharded;
    bool deletes_none; /* though max_to_keep says so in the MetaGraphDefs */
    bool keeping;      /* keeper and directory are set */
    leat_checkpoint_keeper keeper;
    char *directory;
};

/* The saver that came with a graph; NULL where it has none. Freed by leat_saver_free. scope: "", or where the graph was imported to,
 * with its '/'. */
struct leat_meta_graph;
leat_status leat_saver_of(leat_saver **out, leat_graph *g, const struct leat_meta_graph *m,
                          const char *scope) LEAT_MUST_CHECK;

/* As leat_export_meta_graph, as a part of a checkpoint: under the directory's lock, so that the next writer sweeps what a crash
 * leaves of it. */
leat_status leat_save_meta_graph(const leat_graph *g, const leat_saver *s, const char *path) LEAT_MUST_CHECK;

/* Has the checkpoint all that the op (a saver's restore_all) assigns, of the right dtypes and shapes? If not, one error that
 * lists every tensor that is missing or differs, as leat_bundle_match; nothing is changed either way. */
leat_status leat_restore_check(const leat_graph *g, leat_op *restore, leat_out filename,
                               const char *prefix) LEAT_MUST_CHECK;

#endif
