/* graphdef-private.h - reading and writing graphs, for engine/files and the tool. */
#ifndef LEAT_GRAPHDEF_PRIVATE_H
#define LEAT_GRAPHDEF_PRIVATE_H

#include "engine/graph/graph-private.h"
#include "leat/files.h"
#include "proto/wire-private.h"

/* Memory that one constant may take beyond what the file holds: a few bytes can claim a huge tensor of one value. */
#define LEAT_CONST_SLACK (UINT64_C(32) << 20)

/* A TensorProto's value: a new reference. `file_size` bounds what a short message may blow up to. */
leat_status leat_tensor_from_proto(leat_wire *w, uint64_t file_size, leat_tensor **out) LEAT_MUST_CHECK;
void leat_put_tensor_proto(leat_buf *b, uint32_t field, const leat_tensor *t);

/* An AttrValue added to the builder under `name`. */
leat_status leat_read_attr_value(leat_wire *w, uint64_t file_size, leat_op_builder *b,
                                 const char *name) LEAT_MUST_CHECK;
void leat_put_attr_value(leat_buf *b, uint32_t field, const leat_attr_value *v);
leat_status leat_read_shape_proto(leat_wire *w, leat_shape *shape) LEAT_MUST_CHECK;
void leat_put_shape_proto(leat_buf *b, uint32_t field, const leat_shape *shape);

/* leat_import_graph_def of bytes that stand at `offset` of a file. */
leat_status leat_import_graph_def_at(leat_graph *g, const void *bytes, size_t size, uint64_t offset,
                                     const leat_import_options *o) LEAT_MUST_CHECK;
leat_status leat_put_graph_def(leat_buf *b, const leat_graph *g, bool with_shapes) LEAT_MUST_CHECK;

/* A meta graph as scanned: pieces borrowed from the file's bytes. */
typedef struct leat_meta_graph {
    leat_buf file; /* owns the bytes */
    const uint8_t *graph_def;
    size_t graph_def_size;
    uint64_t graph_def_offset;
    char *saver_filename, *saver_save,
        *saver_restore; /* tensor and op names; NULL where there is no SaverDef */
    int saver_max_to_keep;
    double saver_keep_hours;
    leat_bytes *collections; /* serialized map entries of collection_def */
    size_t n_collections, collections_capacity;
    leat_bytes *signatures; /* serialized map entries of signature_def */
    size_t n_signatures, signatures_capacity;
} leat_meta_graph;

typedef enum leat_graph_file_kind {
    LEAT_GRAPH_FILE,
    LEAT_META_GRAPH_FILE,
    LEAT_SAVED_MODEL_DIR
} leat_graph_file_kind;

/* Reads a file of any kind; which one is told by its name and content. */
leat_status leat_graph_file_open(leat_meta_graph *m, const char *path,
                                 leat_graph_file_kind *kind) LEAT_MUST_CHECK;
void leat_meta_graph_free(leat_meta_graph *m);
/* Variables of the collections become the graph's: their initializers and reads are known, collections filled. */
leat_status leat_import_collections(leat_graph *g, const leat_meta_graph *m,
                                    const char *origin) LEAT_MUST_CHECK;

#endif
