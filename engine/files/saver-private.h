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
    bool keeping; /* keeper and directory are set */
    leat_checkpoint_keeper keeper;
    char *directory;
};

#endif
