/* leat/saver.h - checkpoints: TensorFlow's V2 bundle (PREFIX.index, PREFIX.data-?????-of-?????), its meta graph (PREFIX.meta) and
 * the directory's state file ("checkpoint"). A checkpoint is committed durably: after a crash at any moment the directory holds
 * the old one or the new one, whole. */
#ifndef LEAT_SAVER_H
#define LEAT_SAVER_H

#include "leat/build.h"
#include "leat/session.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct leat_saver leat_saver;

typedef struct leat_saver_args {
    size_t size;
    leat_graph *graph LEAT_CXX_DEFAULT();
    leat_out_list var_list LEAT_CXX_DEFAULT(); /* none given: the collection "variables" */
    const char *const *names
    LEAT_CXX_DEFAULT(); /* keys in the checkpoint, one for each of var_list; NULL: the variables' names */
    int max_to_keep LEAT_CXX_DEFAULT(5);                          /* 5; 0: all */
    double keep_checkpoint_every_n_hours LEAT_CXX_DEFAULT(10000); /* 10000 */
    const char *name LEAT_CXX_DEFAULT();                          /* "save": the scope of its nodes */
} leat_saver_args;
/* tf.train.Saver: adds save/Const, save/SaveV2, save/RestoreV2, save/restore_all, ... to the graph, as TensorFlow's, so that either
 * program's files serve the other. NULL: leat_message() says why: no graph, one with an error, out of
 * memory; errors of building go to the graph, too. Free before the graph. */
LEAT_API leat_saver *leat_saver_new(leat_saver_args args);
LEAT_API void leat_saver_free(leat_saver *saver);

typedef struct leat_save_args {
    size_t size;
    leat_saver *saver LEAT_CXX_DEFAULT();
    leat_session *session LEAT_CXX_DEFAULT();
    const char *path LEAT_CXX_DEFAULT();              /* prefix, such as "runs/model.ckpt" */
    int64_t global_step LEAT_CXX_DEFAULT(LEAT_UNSET); /* LEAT_UNSET: none; else "-STEP" is appended */
    bool no_meta_graph LEAT_CXX_DEFAULT();            /* leave PREFIX.meta out */
    char *saved_path LEAT_CXX_DEFAULT();              /* NULL, or a buffer that gets the prefix written */
    size_t saved_path_size LEAT_CXX_DEFAULT();
} leat_save_args;
/* Saver.save: writes the checkpoint and the directory's state file, and deletes the oldest beyond max_to_keep. Any error leaves the older
 * checkpoints as they were: a variable without a value (LEAT_ERR_FAILED_PRECONDITION, with its name), LEAT_ERR_IO with the file. A saver
 * is one thread's at a time. */
LEAT_API leat_status leat_save(leat_save_args args) LEAT_MUST_CHECK;
/* Saver.restore: every variable of the saver; a missing one or another shape is an error that lists all of them, and nothing is
 * changed. */
LEAT_API leat_status leat_restore(leat_saver *saver, leat_session *session, const char *path) LEAT_MUST_CHECK;

/* tf.train.latest_checkpoint: writes the prefix into path; LEAT_ERR_NOT_FOUND where there is none. */
LEAT_API leat_status leat_latest_checkpoint(const char *directory, char *path, size_t size) LEAT_MUST_CHECK;

/* tf.train.import_meta_graph: the graph, its collections, and a saver of its saver_def (*saver is NULL where it has none). */
LEAT_API leat_status leat_import_meta_graph(leat_saver **saver, leat_graph *graph,
                                            const char *path) LEAT_MUST_CHECK;
/* The same into a name scope, as its import_scope: "net" gives net/x, or net_1/x where net is taken; one that ends in "/" is entered
 * again as it is. Collections and saver name the nodes there, and a checkpoint that the saver restores has the tensors' names that it
 * had; signatures are not taken. import_scope NULL or "": none. */
LEAT_API leat_status leat_import_meta_graph_scope(leat_saver **saver, leat_graph *graph, const char *path,
                                                  const char *import_scope) LEAT_MUST_CHECK;
/* The same as leat_import_meta_graph of bytes in memory, binary or text. */
LEAT_API leat_status leat_import_meta_graph_bytes(leat_saver **saver, leat_graph *graph, const void *bytes,
                                                  size_t size) LEAT_MUST_CHECK;
/* Writes graph, collections and saver (may be NULL) as a MetaGraphDef. */
LEAT_API leat_status leat_export_meta_graph(const leat_graph *graph, const leat_saver *saver,
                                            const char *path) LEAT_MUST_CHECK;
/* The same into memory, binary; *bytes is to be freed with leat_free_bytes. */
LEAT_API leat_status leat_export_meta_graph_bytes(const leat_graph *graph, const leat_saver *saver,
                                                  void **bytes, size_t *size) LEAT_MUST_CHECK;

/* tf.saved_model.loader.load: the meta graph of a SavedModel directory that has these tags ("serve,gpu"; NULL: "serve"), imported
 * into an empty graph, in a session of it: variables restored, the main or legacy init op run with the paths of the asset files
 * fed. options may be NULL. *session is the caller's; NULL after a failure. */
LEAT_API leat_status leat_load_saved_model(leat_session **session, leat_graph *graph, const char *path,
                                           const char *tags,
                                           const leat_session_options *options) LEAT_MUST_CHECK;
/* A tensor of a signature of an imported meta graph: signature "serving_default", key "x". LEAT_NO_OUT where there is none.
 * An op without outputs has index -1. */
LEAT_API leat_out leat_signature_input(const leat_graph *graph, const char *signature, const char *key);
LEAT_API leat_out leat_signature_output(const leat_graph *graph, const char *signature, const char *key);

#ifndef __cplusplus
#define leat_saver_new(...)                                                                                  \
    __extension__({                                                                                          \
        LEAT_KW_ON leat_saver_new((leat_saver_args){.size = sizeof(leat_saver_args),                         \
                                                    .max_to_keep = 5,                                        \
                                                    .keep_checkpoint_every_n_hours = 10000,                  \
                                                    .graph = __VA_ARGS__});                                  \
        LEAT_KW_OFF                                                                                          \
    })
#define leat_save(saver_, session_, ...)                                                                     \
    __extension__({                                                                                          \
        LEAT_KW_ON leat_save((leat_save_args){.size = sizeof(leat_save_args),                                \
                                              .global_step = LEAT_UNSET,                                     \
                                              .saver = (saver_),                                             \
                                              .session = (session_),                                         \
                                              .path = __VA_ARGS__});                                         \
        LEAT_KW_OFF                                                                                          \
    })
#endif

#ifdef __cplusplus
}
#endif
#endif
