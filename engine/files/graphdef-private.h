/* graphdef-private.h - reading and writing graphs, for engine/files and the tool. */
#ifndef LEAT_GRAPHDEF_PRIVATE_H
#define LEAT_GRAPHDEF_PRIVATE_H

#include "engine/graph/graph-private.h"
#include "leat/files.h"
#include "leat/saver.h"
#include "proto/text-private.h"

/* Memory that one constant may take beyond what the file holds: a few bytes can claim a huge tensor of one value. */
#define LEAT_CONST_SLACK (UINT64_C(32) << 20)

/* A TensorProto's value: a new reference. `file_size` bounds what a short message may blow up to. */
leat_status leat_tensor_from_proto(leat_wire *w, uint64_t file_size, leat_tensor **out) LEAT_MUST_CHECK;
void leat_put_tensor_proto(leat_buf *b, uint32_t field, const leat_tensor *t);

/* An AttrValue added to the builder under `name`. */
leat_status leat_read_attr_value(leat_wire *w, uint64_t file_size, leat_op_builder *b,
                                 const char *name) LEAT_MUST_CHECK;
/* Functions among an AttrValue's functions' attributes: LEAT_ERR_DATA_LOSS where messages nest more than 100 deep. */
leat_status leat_check_attr_depth(leat_wire value) LEAT_MUST_CHECK;
void leat_put_attr_value(leat_buf *b, uint32_t field, const leat_attr_value *v);
leat_status leat_read_shape_proto(leat_wire *w, leat_shape *shape) LEAT_MUST_CHECK;
void leat_put_shape_proto(leat_buf *b, uint32_t field, const leat_shape *shape);

/* leat_import_graph_def of bytes that stand at `offset` of a file. places: where the file was text, which lines its nodes have;
 * else NULL. */
leat_status leat_import_graph_def_at(leat_graph *g, const void *bytes, size_t size, uint64_t offset,
                                     const leat_text_places *places,
                                     const leat_import_options *o) LEAT_MUST_CHECK;
/* Refuses functions that call themselves, or expand without bounds; *offset says where an error is. */
leat_status leat_check_library(leat_wire library, uint64_t *offset) LEAT_MUST_CHECK;
/* The graph's library becomes this one, or gets what it does not have of this one; two functions of one name must be the same. */
leat_status leat_keep_library(leat_graph *g, const void *bytes, size_t size) LEAT_MUST_CHECK;
leat_status leat_merge_library(leat_graph *g, leat_wire library, uint64_t *offset) LEAT_MUST_CHECK;
leat_status leat_put_graph_def(leat_buf *b, const leat_graph *g, bool with_shapes) LEAT_MUST_CHECK;

/* A field of a MetaGraphDef: 1 meta_info_def, 4 an entry of collection_def, 5 of signature_def, 6 asset_file_def, 7 and more. */
typedef struct leat_meta_part {
    uint32_t number;
    leat_bytes bytes;
} leat_meta_part;

/* A graph file as scanned: pieces borrowed from its bytes. */
typedef struct leat_meta_graph {
    leat_buf file; /* owns the bytes; of a text they are what it stands for */
    bool is_text;
    leat_text_places places;
    leat_buf tags;                /* of a SavedModel: those of its meta graphs, "serve; train; serve,gpu" */
    size_t tags_begin, tags_size; /* those of the one that was taken, within them */
    leat_bytes meta;              /* the MetaGraphDef; size 0 where the file is a GraphDef */
    const uint8_t *graph_def;
    size_t graph_def_size;
    uint64_t graph_def_offset;
    char *saver_filename, *saver_save,
        *saver_restore; /* tensor and op names; NULL where there is no SaverDef */
    int saver_max_to_keep;
    double saver_keep_hours;
    int saver_version;
    bool saver_sharded;
    leat_meta_part *parts; /* all but the graph and the saver */
    size_t n_parts, parts_capacity;
} leat_meta_graph;

typedef enum leat_graph_file_kind {
    LEAT_GRAPH_FILE,
    LEAT_META_GRAPH_FILE,
    LEAT_SAVED_MODEL_DIR /* or its file */
} leat_graph_file_kind;

/* Writes the bytes of a message, as text where the file's name asks for it; what the text can't hold is warned of. */
leat_status leat_write_graph_bytes(const char *path, const leat_proto_message *message, const leat_buf *wire,
                                   bool durable) LEAT_MUST_CHECK;
/* Is it a file in text format, by its name (.pbtxt, .prototxt, .textproto)? */
bool leat_path_is_text(const char *path);
/* A directory that holds saved_model.pb or saved_model.pbtxt. */
bool leat_is_saved_model(const char *path);
/* Reads a file of any kind; which one is told by its name and content. tags: of a SavedModel the meta graph that has these
 * (joined by commas), by preference no others; NULL: any, by preference that of "serve"; "serve" for leat_graph_file_open. Free with leat_meta_graph_free. */
leat_status leat_graph_file_open(leat_meta_graph *m, const char *path,
                                 leat_graph_file_kind *kind) LEAT_MUST_CHECK;
leat_status leat_graph_file_open_tags(leat_meta_graph *m, const char *path, const char *tags,
                                      leat_graph_file_kind *kind) LEAT_MUST_CHECK;
/* The same of bytes in memory, binary or text, of a kind that is known; they are copied. */
leat_status leat_graph_bytes_open(leat_meta_graph *m, const void *bytes, size_t size, const char *origin,
                                  leat_graph_file_kind kind) LEAT_MUST_CHECK;
void leat_meta_graph_free(leat_meta_graph *m);
void leat_meta_graph_free_bytes(leat_meta_graph *m); /* the file's; the saver's names stay */
/* Finds the pieces of m->file; m is otherwise all zero. */
leat_status leat_scan_meta_graph(leat_meta_graph *m, leat_wire meta) LEAT_MUST_CHECK;
leat_status leat_scan_saved_model(leat_meta_graph *m, const char *tags) LEAT_MUST_CHECK;

/* The graph, and its collections where no prefix renames it. o->origin is set. */
leat_status leat_import_opened(leat_graph *g, const leat_meta_graph *m,
                               const leat_import_options *o) LEAT_MUST_CHECK;
/* Variables of the collections become the graph's: their initializers and reads are known, collections filled. All parts are kept
 * for export. scope: "", or where the nodes have been imported to, with its '/'; then names are looked for there, and only
 * collections are taken. */
leat_status leat_import_collections(leat_graph *g, const leat_meta_graph *m, const char *origin,
                                    const char *scope) LEAT_MUST_CHECK;

/* A checkpoint, by whatever leat_checkpoint_resolve takes for one, into a session: by the meta graph's own saver, or where it has
 * none every variable whose name is a key of the checkpoint takes that value, and the others stay. */
leat_status leat_restore_path(leat_session *s, const leat_meta_graph *m, const char *path) LEAT_MUST_CHECK;
/* The other way: by the meta graph's own saver, with PREFIX.meta, or where it has none every variable that has a value, under the
 * name that leat_restore_path looks for. Both publish the checkpoint in the directory's state file. */
leat_status leat_save_by_saver(leat_session *s, const leat_meta_graph *m, const char *prefix) LEAT_MUST_CHECK;
leat_status leat_save_by_name(leat_session *s, const char *prefix) LEAT_MUST_CHECK;
/* What loading a SavedModel does once its graph is there: variables restored, the main or legacy init op run, with the paths of
 * the asset files fed. path: the directory, or the file in it. */
leat_status leat_restore_saved_model(leat_session *s, const leat_meta_graph *m,
                                     const char *path) LEAT_MUST_CHECK;

/* An entry of signature_def; texts are borrowed. */
typedef struct leat_signature_tensor {
    leat_bytes key, tensor; /* tensor: its name; size 0 where the tensor is sparse or composite */
    int64_t dtype;
    leat_wire shape;
    bool output;
} leat_signature_tensor;
typedef struct leat_signature_def {
    leat_bytes key, method;
    leat_signature_tensor *items;
    size_t n, capacity;
} leat_signature_def;
leat_status leat_signature_def_read(leat_bytes entry, uint64_t offset, leat_signature_def *s) LEAT_MUST_CHECK;
void leat_signature_def_free(leat_signature_def *s);
/* LEAT_ERR_NOT_FOUND, with the names of those that are there, where an imported graph has no signature of that name. */
leat_status leat_check_signature(const leat_graph *g, const char *signature) LEAT_MUST_CHECK;

#endif
