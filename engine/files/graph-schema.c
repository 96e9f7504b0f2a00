/* graph-schema.c - the messages of TensorFlow's graph files, for the text format: every field that a SavedModel can reach.
 * Sources: tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape,versions,function,op_def,types,...}.proto and
 * tensorflow/core/protobuf/{meta_graph,saver,saved_model,saved_object_graph,struct,...}.proto. */
#include "graph-schema-private.h"

/* clang-format off */
#define FIELD(number_, name_, type_, flags_, oneof_, message_, values_)                                      \
    {                                                                                                        \
        number_, name_, LEAT_PROTO_##type_, flags_, oneof_, message_, values_                                \
    }
#define ONE(number_, name_, type_) FIELD(number_, name_, type_, 0, 0, NULL, NULL)
#define MANY(number_, name_, type_) FIELD(number_, name_, type_, LEAT_PROTO_REPEATED, 0, NULL, NULL)
#define ENUM(number_, name_, set_) FIELD(number_, name_, ENUM, 0, 0, NULL, &set_##set_)
#define ENUMS(number_, name_, set_) FIELD(number_, name_, ENUM, LEAT_PROTO_REPEATED, 0, NULL, &set_##set_)
#define MESSAGE(number_, name_, type_) FIELD(number_, name_, MESSAGE, 0, 0, &message_##type_, NULL)
#define MESSAGES(number_, name_, type_)                                                                      \
    FIELD(number_, name_, MESSAGE, LEAT_PROTO_REPEATED, 0, &message_##type_, NULL)
#define MAP(number_, name_, type_)                                                                           \
    FIELD(number_, name_, MESSAGE, LEAT_PROTO_REPEATED | LEAT_PROTO_MAP, 0, &message_##type_, NULL)
/* Fields of one oneof share its number; an optional field of proto2, which is kept even if zero, has one of its own. */
#define ONE_OF(oneof_, number_, name_, type_) FIELD(number_, name_, type_, 0, oneof_, NULL, NULL)
#define ENUM_OF(oneof_, number_, name_, set_) FIELD(number_, name_, ENUM, 0, oneof_, NULL, &set_##set_)
#define MESSAGE_OF(oneof_, number_, name_, type_)                                                            \
    FIELD(number_, name_, MESSAGE, 0, oneof_, &message_##type_, NULL)

#define VALUES(set_) static const leat_proto_value values_##set_[]
#define SET(set_, name_)                                                                                     \
    static const leat_proto_enum set_##set_ = {name_, values_##set_, LEAT_LEN(values_##set_)}
#define FIELDS(type_) static const leat_proto_field fields_##type_[]
#define TYPE(type_, name_, place_, entry_)                                                                   \
    static const leat_proto_message message_##type_ = {name_, fields_##type_, LEAT_LEN(fields_##type_),      \
                                                       place_, entry_, NULL}
#define PLAIN(type_, name_) TYPE(type_, name_, false, false)
#define PLACE(type_, name_) TYPE(type_, name_, true, false)
#define ENTRY(type_, name_) TYPE(type_, name_, false, true)
#define EMPTY(type_, name_) static const leat_proto_message message_##type_ = {name_, NULL, 0, false, false, NULL}

static const leat_proto_message message_tensor_shape_proto_dim, message_tensor_shape_proto,
    message_resource_handle_proto_dtype_and_shape, message_full_type_def, message_op_def_arg_def,
    message_resource_handle_proto, message_variant_tensor_data_proto, message_tensor_proto,
    message_name_attr_list_attr_entry, message_name_attr_list, message_attr_value_list_value,
    message_attr_value, message_op_def_attr_def, message_op_deprecation, message_op_def, message_op_list,
    message_any, message_meta_graph_def_meta_info_def_function_aliases_entry,
    message_meta_graph_def_meta_info_def, message_node_def_attr_entry,
    message_node_def_experimental_debug_info, message_node_def, message_version_def,
    message_function_def_attr_entry, message_function_def_arg_attrs_attr_entry,
    message_function_def_arg_attrs, message_function_def_arg_attr_entry,
    message_function_def_resource_arg_unique_id_entry, message_function_def_ret_entry,
    message_function_def_control_ret_entry, message_function_def, message_gradient_def,
    message_registered_gradient, message_function_def_library, message_graph_debug_info_file_line_col,
    message_graph_debug_info_frames_by_id_entry, message_graph_debug_info_stack_trace,
    message_graph_debug_info_traces_by_id_entry, message_graph_debug_info_traces_entry,
    message_graph_debug_info_name_to_trace_id_entry, message_graph_debug_info, message_graph_def,
    message_saver_def, message_collection_def_node_list, message_collection_def_bytes_list,
    message_collection_def_int64_list, message_collection_def_float_list, message_collection_def_any_list,
    message_collection_def, message_meta_graph_def_collection_def_entry, message_tensor_info_coo_sparse,
    message_none_value, message_tensor_spec_proto, message_bounded_tensor_spec_proto, message_list_value,
    message_tuple_value, message_dict_value_fields_entry, message_dict_value, message_pair_value,
    message_named_tuple_value, message_structured_value, message_type_spec_proto,
    message_tensor_info_composite_tensor, message_tensor_info, message_signature_def_inputs_entry,
    message_signature_def_outputs_entry, message_signature_def_defaults_entry, message_signature_def,
    message_meta_graph_def_signature_def_entry, message_asset_file_def,
    message_trackable_object_graph_trackable_object_object_reference,
    message_trackable_object_graph_trackable_object_slot_variable_reference, message_saved_user_object,
    message_saved_asset, message_function_spec, message_saved_function, message_saved_variable,
    message_saved_bare_concrete_function, message_saved_constant, message_saved_resource,
    message_captured_tensor, message_saveable_object, message_saved_object_saveable_objects_entry,
    message_saved_object, message_saved_concrete_function,
    message_saved_object_graph_concrete_functions_entry, message_saved_object_graph, message_meta_graph_def,
    message_saved_model;

VALUES(data_type) = {{"DT_INVALID", 0}, {"DT_FLOAT", 1}, {"DT_DOUBLE", 2}, {"DT_INT32", 3}, {"DT_UINT8", 4},
    {"DT_INT16", 5}, {"DT_INT8", 6}, {"DT_STRING", 7}, {"DT_COMPLEX64", 8}, {"DT_INT64", 9}, {"DT_BOOL", 10},
    {"DT_QINT8", 11}, {"DT_QUINT8", 12}, {"DT_QINT32", 13}, {"DT_BFLOAT16", 14}, {"DT_QINT16", 15},
    {"DT_QUINT16", 16}, {"DT_UINT16", 17}, {"DT_COMPLEX128", 18}, {"DT_HALF", 19}, {"DT_RESOURCE", 20},
    {"DT_VARIANT", 21}, {"DT_UINT32", 22}, {"DT_UINT64", 23}, {"DT_FLOAT8_E5M2", 24},
    {"DT_FLOAT8_E4M3FN", 25}, {"DT_FLOAT8_E4M3FNUZ", 26}, {"DT_FLOAT8_E4M3B11FNUZ", 27},
    {"DT_FLOAT8_E5M2FNUZ", 28}, {"DT_INT4", 29}, {"DT_UINT4", 30}, {"DT_INT2", 31}, {"DT_UINT2", 32},
    {"DT_FLOAT4_E2M1FN", 33}, {"DT_FLOAT_REF", 101}, {"DT_DOUBLE_REF", 102}, {"DT_INT32_REF", 103},
    {"DT_UINT8_REF", 104}, {"DT_INT16_REF", 105}, {"DT_INT8_REF", 106}, {"DT_STRING_REF", 107},
    {"DT_COMPLEX64_REF", 108}, {"DT_INT64_REF", 109}, {"DT_BOOL_REF", 110}, {"DT_QINT8_REF", 111},
    {"DT_QUINT8_REF", 112}, {"DT_QINT32_REF", 113}, {"DT_BFLOAT16_REF", 114}, {"DT_QINT16_REF", 115},
    {"DT_QUINT16_REF", 116}, {"DT_UINT16_REF", 117}, {"DT_COMPLEX128_REF", 118}, {"DT_HALF_REF", 119},
    {"DT_RESOURCE_REF", 120}, {"DT_VARIANT_REF", 121}, {"DT_UINT32_REF", 122}, {"DT_UINT64_REF", 123},
    {"DT_FLOAT8_E5M2_REF", 124}, {"DT_FLOAT8_E4M3FN_REF", 125}, {"DT_FLOAT8_E4M3FNUZ_REF", 126},
    {"DT_FLOAT8_E4M3B11FNUZ_REF", 127}, {"DT_FLOAT8_E5M2FNUZ_REF", 128}, {"DT_INT4_REF", 129},
    {"DT_UINT4_REF", 130}, {"DT_INT2_REF", 131}, {"DT_UINT2_REF", 132}, {"DT_FLOAT4_E2M1FN_REF", 133}};
SET(data_type, "DataType");
VALUES(full_type_id) = {{"TFT_UNSET", 0}, {"TFT_VAR", 1}, {"TFT_ANY", 2}, {"TFT_PRODUCT", 3},
    {"TFT_NAMED", 4}, {"TFT_FOR_EACH", 20}, {"TFT_CALLABLE", 100}, {"TFT_TENSOR", 1000}, {"TFT_ARRAY", 1001},
    {"TFT_OPTIONAL", 1002}, {"TFT_LITERAL", 1003}, {"TFT_ENCODED", 1004}, {"TFT_SHAPE_TENSOR", 1005},
    {"TFT_BOOL", 200}, {"TFT_UINT8", 201}, {"TFT_UINT16", 202}, {"TFT_UINT32", 203}, {"TFT_UINT64", 204},
    {"TFT_INT8", 205}, {"TFT_INT16", 206}, {"TFT_INT32", 207}, {"TFT_INT64", 208}, {"TFT_HALF", 209},
    {"TFT_FLOAT", 210}, {"TFT_DOUBLE", 211}, {"TFT_BFLOAT16", 215}, {"TFT_COMPLEX64", 212},
    {"TFT_COMPLEX128", 213}, {"TFT_STRING", 214}, {"TFT_DATASET", 10102}, {"TFT_RAGGED", 10103},
    {"TFT_ITERATOR", 10104}, {"TFT_MUTEX_LOCK", 10202}, {"TFT_LEGACY_VARIANT", 10203}};
SET(full_type_id, "FullTypeId");
VALUES(saver_def_checkpoint_format_version) = {{"LEGACY", 0}, {"V1", 1}, {"V2", 2}};
SET(saver_def_checkpoint_format_version, "SaverDef.CheckpointFormatVersion");
VALUES(type_spec_proto_type_spec_class) = {{"UNKNOWN", 0}, {"SPARSE_TENSOR_SPEC", 1},
    {"INDEXED_SLICES_SPEC", 2}, {"RAGGED_TENSOR_SPEC", 3}, {"TENSOR_ARRAY_SPEC", 4}, {"DATA_DATASET_SPEC", 5},
    {"DATA_ITERATOR_SPEC", 6}, {"OPTIONAL_SPEC", 7}, {"PER_REPLICA_SPEC", 8}, {"VARIABLE_SPEC", 9},
    {"ROW_PARTITION_SPEC", 10}, {"REGISTERED_TYPE_SPEC", 12}, {"EXTENSION_TYPE_SPEC", 13}};
SET(type_spec_proto_type_spec_class, "TypeSpecProto.TypeSpecClass");
VALUES(function_spec_jit_compile) = {{"DEFAULT", 0}, {"ON", 1}, {"OFF", 2}};
SET(function_spec_jit_compile, "FunctionSpec.JitCompile");
VALUES(variable_synchronization) = {{"VARIABLE_SYNCHRONIZATION_AUTO", 0},
    {"VARIABLE_SYNCHRONIZATION_NONE", 1}, {"VARIABLE_SYNCHRONIZATION_ON_WRITE", 2},
    {"VARIABLE_SYNCHRONIZATION_ON_READ", 3}};
SET(variable_synchronization, "VariableSynchronization");
VALUES(variable_aggregation) = {{"VARIABLE_AGGREGATION_NONE", 0}, {"VARIABLE_AGGREGATION_SUM", 1},
    {"VARIABLE_AGGREGATION_MEAN", 2}, {"VARIABLE_AGGREGATION_ONLY_FIRST_REPLICA", 3}};
SET(variable_aggregation, "VariableAggregation");

FIELDS(tensor_shape_proto_dim) = {ONE(1, "size", INT64), ONE(2, "name", STRING)};
PLAIN(tensor_shape_proto_dim, "TensorShapeProto.Dim");
FIELDS(tensor_shape_proto) = {MESSAGES(2, "dim", tensor_shape_proto_dim), ONE(3, "unknown_rank", BOOL)};
PLAIN(tensor_shape_proto, "TensorShapeProto");
FIELDS(resource_handle_proto_dtype_and_shape) = {ENUM(1, "dtype", data_type),
    MESSAGE(2, "shape", tensor_shape_proto)};
PLAIN(resource_handle_proto_dtype_and_shape, "ResourceHandleProto.DtypeAndShape");
FIELDS(full_type_def) = {ENUM(1, "type_id", full_type_id), MESSAGES(2, "args", full_type_def),
    ONE_OF(1, 3, "s", STRING), ONE_OF(1, 4, "i", INT64)};
PLAIN(full_type_def, "FullTypeDef");
FIELDS(op_def_arg_def) = {ONE(1, "name", STRING), ONE(2, "description", STRING), ENUM(3, "type", data_type),
    ONE(4, "type_attr", STRING), ONE(5, "number_attr", STRING), ONE(6, "type_list_attr", STRING),
    MESSAGES(7, "handle_data", resource_handle_proto_dtype_and_shape), ONE(16, "is_ref", BOOL),
    MESSAGE(17, "experimental_full_type", full_type_def)};
PLAIN(op_def_arg_def, "OpDef.ArgDef");
FIELDS(resource_handle_proto) = {ONE(1, "device", STRING), ONE(2, "container", STRING),
    ONE(3, "name", STRING), ONE(4, "hash_code", UINT64), ONE(5, "maybe_type_name", STRING),
    MESSAGES(6, "dtypes_and_shapes", resource_handle_proto_dtype_and_shape)};
PLAIN(resource_handle_proto, "ResourceHandleProto");
FIELDS(variant_tensor_data_proto) = {ONE(1, "type_name", STRING), ONE(2, "metadata", BYTES),
    MESSAGES(3, "tensors", tensor_proto)};
PLAIN(variant_tensor_data_proto, "VariantTensorDataProto");
FIELDS(tensor_proto) = {ENUM(1, "dtype", data_type), MESSAGE(2, "tensor_shape", tensor_shape_proto),
    ONE(3, "version_number", INT32), ONE(4, "tensor_content", BYTES), MANY(5, "float_val", FLOAT),
    MANY(6, "double_val", DOUBLE), MANY(7, "int_val", INT32), MANY(8, "string_val", BYTES),
    MANY(9, "scomplex_val", FLOAT), MANY(10, "int64_val", INT64), MANY(11, "bool_val", BOOL),
    MANY(12, "dcomplex_val", DOUBLE), MANY(13, "half_val", INT32),
    MESSAGES(14, "resource_handle_val", resource_handle_proto),
    MESSAGES(15, "variant_val", variant_tensor_data_proto), MANY(16, "uint32_val", UINT32),
    MANY(17, "uint64_val", UINT64), ONE(18, "float8_val", BYTES)};
PLAIN(tensor_proto, "TensorProto");
FIELDS(name_attr_list_attr_entry) = {ONE(1, "key", STRING), MESSAGE(2, "value", attr_value)};
ENTRY(name_attr_list_attr_entry, "NameAttrList.AttrEntry");
FIELDS(name_attr_list) = {ONE(1, "name", STRING), MAP(2, "attr", name_attr_list_attr_entry)};
PLAIN(name_attr_list, "NameAttrList");
FIELDS(attr_value_list_value) = {MANY(2, "s", BYTES), MANY(3, "i", INT64), MANY(4, "f", FLOAT),
    MANY(5, "b", BOOL), ENUMS(6, "type", data_type), MESSAGES(7, "shape", tensor_shape_proto),
    MESSAGES(8, "tensor", tensor_proto), MESSAGES(9, "func", name_attr_list)};
PLAIN(attr_value_list_value, "AttrValue.ListValue");
FIELDS(attr_value) = {MESSAGE_OF(1, 1, "list", attr_value_list_value), ONE_OF(1, 2, "s", BYTES),
    ONE_OF(1, 3, "i", INT64), ONE_OF(1, 4, "f", FLOAT), ONE_OF(1, 5, "b", BOOL),
    ENUM_OF(1, 6, "type", data_type), MESSAGE_OF(1, 7, "shape", tensor_shape_proto),
    MESSAGE_OF(1, 8, "tensor", tensor_proto), ONE_OF(1, 9, "placeholder", STRING),
    MESSAGE_OF(1, 10, "func", name_attr_list)};
PLAIN(attr_value, "AttrValue");
FIELDS(op_def_attr_def) = {ONE(1, "name", STRING), ONE(2, "type", STRING),
    MESSAGE(3, "default_value", attr_value), ONE(4, "description", STRING), ONE(5, "has_minimum", BOOL),
    ONE(6, "minimum", INT64), MESSAGE(7, "allowed_values", attr_value)};
PLAIN(op_def_attr_def, "OpDef.AttrDef");
FIELDS(op_deprecation) = {ONE(1, "version", INT32), ONE(2, "explanation", STRING)};
PLAIN(op_deprecation, "OpDeprecation");
FIELDS(op_def) = {ONE(1, "name", STRING), MESSAGES(2, "input_arg", op_def_arg_def),
    MESSAGES(3, "output_arg", op_def_arg_def), MESSAGES(4, "attr", op_def_attr_def),
    ONE(5, "summary", STRING), ONE(6, "description", STRING), MESSAGE(8, "deprecation", op_deprecation),
    ONE(16, "is_aggregate", BOOL), ONE(17, "is_stateful", BOOL), ONE(18, "is_commutative", BOOL),
    ONE(19, "allows_uninitialized_input", BOOL), MANY(20, "control_output", STRING),
    ONE(21, "is_distributed_communication", BOOL)};
PLAIN(op_def, "OpDef");
FIELDS(op_list) = {MESSAGES(1, "op", op_def)};
PLAIN(op_list, "OpList");
FIELDS(any) = {ONE(1, "type_url", STRING), ONE(2, "value", BYTES)};
static const leat_proto_any any_types;
static const leat_proto_message message_any = {"google.protobuf.Any", fields_any, LEAT_LEN(fields_any), false,
    false, &any_types};
FIELDS(meta_graph_def_meta_info_def_function_aliases_entry) = {ONE(1, "key", STRING),
    ONE(2, "value", STRING)};
ENTRY(meta_graph_def_meta_info_def_function_aliases_entry, "MetaGraphDef.MetaInfoDef.FunctionAliasesEntry");
FIELDS(meta_graph_def_meta_info_def) = {ONE(1, "meta_graph_version", STRING),
    MESSAGE(2, "stripped_op_list", op_list), MESSAGE(3, "any_info", any), MANY(4, "tags", STRING),
    ONE(5, "tensorflow_version", STRING), ONE(6, "tensorflow_git_version", STRING),
    ONE(7, "stripped_default_attrs", BOOL),
    MAP(8, "function_aliases", meta_graph_def_meta_info_def_function_aliases_entry)};
PLAIN(meta_graph_def_meta_info_def, "MetaGraphDef.MetaInfoDef");
FIELDS(node_def_attr_entry) = {ONE(1, "key", STRING), MESSAGE(2, "value", attr_value)};
ENTRY(node_def_attr_entry, "NodeDef.AttrEntry");
FIELDS(node_def_experimental_debug_info) = {MANY(1, "original_node_names", STRING),
    MANY(2, "original_func_names", STRING)};
PLAIN(node_def_experimental_debug_info, "NodeDef.ExperimentalDebugInfo");
FIELDS(node_def) = {ONE(1, "name", STRING), ONE(2, "op", STRING), MANY(3, "input", STRING),
    ONE(4, "device", STRING), MAP(5, "attr", node_def_attr_entry),
    MESSAGE(6, "experimental_debug_info", node_def_experimental_debug_info),
    MESSAGE(7, "experimental_type", full_type_def)};
PLACE(node_def, "NodeDef");
FIELDS(version_def) = {ONE(1, "producer", INT32), ONE(2, "min_consumer", INT32),
    MANY(3, "bad_consumers", INT32)};
PLAIN(version_def, "VersionDef");
FIELDS(function_def_attr_entry) = {ONE(1, "key", STRING), MESSAGE(2, "value", attr_value)};
ENTRY(function_def_attr_entry, "FunctionDef.AttrEntry");
FIELDS(function_def_arg_attrs_attr_entry) = {ONE(1, "key", STRING), MESSAGE(2, "value", attr_value)};
ENTRY(function_def_arg_attrs_attr_entry, "FunctionDef.ArgAttrs.AttrEntry");
FIELDS(function_def_arg_attrs) = {MAP(1, "attr", function_def_arg_attrs_attr_entry)};
PLAIN(function_def_arg_attrs, "FunctionDef.ArgAttrs");
FIELDS(function_def_arg_attr_entry) = {ONE(1, "key", UINT32), MESSAGE(2, "value", function_def_arg_attrs)};
ENTRY(function_def_arg_attr_entry, "FunctionDef.ArgAttrEntry");
FIELDS(function_def_resource_arg_unique_id_entry) = {ONE(1, "key", UINT32), ONE(2, "value", UINT32)};
ENTRY(function_def_resource_arg_unique_id_entry, "FunctionDef.ResourceArgUniqueIdEntry");
FIELDS(function_def_ret_entry) = {ONE(1, "key", STRING), ONE(2, "value", STRING)};
ENTRY(function_def_ret_entry, "FunctionDef.RetEntry");
FIELDS(function_def_control_ret_entry) = {ONE(1, "key", STRING), ONE(2, "value", STRING)};
ENTRY(function_def_control_ret_entry, "FunctionDef.ControlRetEntry");
FIELDS(function_def) = {MESSAGE(1, "signature", op_def), MESSAGES(3, "node_def", node_def),
    MAP(4, "ret", function_def_ret_entry), MAP(5, "attr", function_def_attr_entry),
    MAP(6, "control_ret", function_def_control_ret_entry), MAP(7, "arg_attr", function_def_arg_attr_entry),
    MAP(8, "resource_arg_unique_id", function_def_resource_arg_unique_id_entry)};
PLAIN(function_def, "FunctionDef");
FIELDS(gradient_def) = {ONE(1, "function_name", STRING), ONE(2, "gradient_func", STRING)};
PLAIN(gradient_def, "GradientDef");
FIELDS(registered_gradient) = {ONE(1, "gradient_func", STRING), ONE(2, "registered_op_type", STRING)};
PLAIN(registered_gradient, "RegisteredGradient");
FIELDS(function_def_library) = {MESSAGES(1, "function", function_def), MESSAGES(2, "gradient", gradient_def),
    MESSAGES(3, "registered_gradients", registered_gradient)};
PLAIN(function_def_library, "FunctionDefLibrary");
FIELDS(graph_debug_info_file_line_col) = {ONE_OF(1, 1, "file_index", INT32), ONE_OF(2, 2, "line", INT32),
    ONE_OF(3, 3, "col", INT32), ONE_OF(4, 4, "func", STRING), ONE_OF(5, 5, "code", STRING)};
PLAIN(graph_debug_info_file_line_col, "GraphDebugInfo.FileLineCol");
FIELDS(graph_debug_info_frames_by_id_entry) = {ONE(1, "key", FIXED64),
    MESSAGE(2, "value", graph_debug_info_file_line_col)};
ENTRY(graph_debug_info_frames_by_id_entry, "GraphDebugInfo.FramesByIdEntry");
FIELDS(graph_debug_info_stack_trace) = {MESSAGES(1, "file_line_cols", graph_debug_info_file_line_col),
    MANY(2, "frame_id", FIXED64)};
PLAIN(graph_debug_info_stack_trace, "GraphDebugInfo.StackTrace");
FIELDS(graph_debug_info_traces_by_id_entry) = {ONE(1, "key", FIXED64),
    MESSAGE(2, "value", graph_debug_info_stack_trace)};
ENTRY(graph_debug_info_traces_by_id_entry, "GraphDebugInfo.TracesByIdEntry");
FIELDS(graph_debug_info_traces_entry) = {ONE(1, "key", STRING),
    MESSAGE(2, "value", graph_debug_info_stack_trace)};
ENTRY(graph_debug_info_traces_entry, "GraphDebugInfo.TracesEntry");
FIELDS(graph_debug_info_name_to_trace_id_entry) = {ONE(1, "key", STRING), ONE(2, "value", FIXED64)};
ENTRY(graph_debug_info_name_to_trace_id_entry, "GraphDebugInfo.NameToTraceIdEntry");
FIELDS(graph_debug_info) = {MANY(1, "files", STRING), MAP(2, "traces", graph_debug_info_traces_entry),
    MAP(4, "frames_by_id", graph_debug_info_frames_by_id_entry),
    MAP(5, "name_to_trace_id", graph_debug_info_name_to_trace_id_entry),
    MAP(6, "traces_by_id", graph_debug_info_traces_by_id_entry)};
PLAIN(graph_debug_info, "GraphDebugInfo");
FIELDS(graph_def) = {MESSAGES(1, "node", node_def), MESSAGE(2, "library", function_def_library),
    ONE(3, "version", INT32), MESSAGE(4, "versions", version_def),
    MESSAGE(5, "debug_info", graph_debug_info)};
PLAIN(graph_def, "GraphDef");
FIELDS(saver_def) = {ONE(1, "filename_tensor_name", STRING), ONE(2, "save_tensor_name", STRING),
    ONE(3, "restore_op_name", STRING), ONE(4, "max_to_keep", INT32), ONE(5, "sharded", BOOL),
    ONE(6, "keep_checkpoint_every_n_hours", FLOAT), ENUM(7, "version", saver_def_checkpoint_format_version)};
PLAIN(saver_def, "SaverDef");
FIELDS(collection_def_node_list) = {MANY(1, "value", STRING)};
PLAIN(collection_def_node_list, "CollectionDef.NodeList");
FIELDS(collection_def_bytes_list) = {MANY(1, "value", BYTES)};
PLAIN(collection_def_bytes_list, "CollectionDef.BytesList");
FIELDS(collection_def_int64_list) = {MANY(1, "value", INT64)};
PLAIN(collection_def_int64_list, "CollectionDef.Int64List");
FIELDS(collection_def_float_list) = {MANY(1, "value", FLOAT)};
PLAIN(collection_def_float_list, "CollectionDef.FloatList");
FIELDS(collection_def_any_list) = {MESSAGES(1, "value", any)};
PLAIN(collection_def_any_list, "CollectionDef.AnyList");
FIELDS(collection_def) = {MESSAGE_OF(1, 1, "node_list", collection_def_node_list),
    MESSAGE_OF(1, 2, "bytes_list", collection_def_bytes_list),
    MESSAGE_OF(1, 3, "int64_list", collection_def_int64_list),
    MESSAGE_OF(1, 4, "float_list", collection_def_float_list),
    MESSAGE_OF(1, 5, "any_list", collection_def_any_list)};
PLAIN(collection_def, "CollectionDef");
FIELDS(meta_graph_def_collection_def_entry) = {ONE(1, "key", STRING), MESSAGE(2, "value", collection_def)};
ENTRY(meta_graph_def_collection_def_entry, "MetaGraphDef.CollectionDefEntry");
FIELDS(tensor_info_coo_sparse) = {ONE(1, "values_tensor_name", STRING), ONE(2, "indices_tensor_name", STRING),
    ONE(3, "dense_shape_tensor_name", STRING)};
PLAIN(tensor_info_coo_sparse, "TensorInfo.CooSparse");
EMPTY(none_value, "NoneValue");
FIELDS(tensor_spec_proto) = {ONE(1, "name", STRING), MESSAGE(2, "shape", tensor_shape_proto),
    ENUM(3, "dtype", data_type)};
PLAIN(tensor_spec_proto, "TensorSpecProto");
FIELDS(bounded_tensor_spec_proto) = {ONE(1, "name", STRING), MESSAGE(2, "shape", tensor_shape_proto),
    ENUM(3, "dtype", data_type), MESSAGE(4, "minimum", tensor_proto), MESSAGE(5, "maximum", tensor_proto)};
PLAIN(bounded_tensor_spec_proto, "BoundedTensorSpecProto");
FIELDS(list_value) = {MESSAGES(1, "values", structured_value)};
PLAIN(list_value, "ListValue");
FIELDS(tuple_value) = {MESSAGES(1, "values", structured_value)};
PLAIN(tuple_value, "TupleValue");
FIELDS(dict_value_fields_entry) = {ONE(1, "key", STRING), MESSAGE(2, "value", structured_value)};
ENTRY(dict_value_fields_entry, "DictValue.FieldsEntry");
FIELDS(dict_value) = {MAP(1, "fields", dict_value_fields_entry)};
PLAIN(dict_value, "DictValue");
FIELDS(pair_value) = {ONE(1, "key", STRING), MESSAGE(2, "value", structured_value)};
PLAIN(pair_value, "PairValue");
FIELDS(named_tuple_value) = {ONE(1, "name", STRING), MESSAGES(2, "values", pair_value)};
PLAIN(named_tuple_value, "NamedTupleValue");
FIELDS(structured_value) = {MESSAGE_OF(1, 1, "none_value", none_value),
    ONE_OF(1, 11, "float64_value", DOUBLE), ONE_OF(1, 12, "int64_value", SINT64),
    ONE_OF(1, 13, "string_value", STRING), ONE_OF(1, 14, "bool_value", BOOL),
    MESSAGE_OF(1, 31, "tensor_shape_value", tensor_shape_proto),
    ENUM_OF(1, 32, "tensor_dtype_value", data_type),
    MESSAGE_OF(1, 33, "tensor_spec_value", tensor_spec_proto),
    MESSAGE_OF(1, 34, "type_spec_value", type_spec_proto),
    MESSAGE_OF(1, 35, "bounded_tensor_spec_value", bounded_tensor_spec_proto),
    MESSAGE_OF(1, 51, "list_value", list_value), MESSAGE_OF(1, 52, "tuple_value", tuple_value),
    MESSAGE_OF(1, 53, "dict_value", dict_value), MESSAGE_OF(1, 54, "named_tuple_value", named_tuple_value),
    MESSAGE_OF(1, 55, "tensor_value", tensor_proto), MESSAGE_OF(1, 56, "numpy_value", tensor_proto)};
PLAIN(structured_value, "StructuredValue");
FIELDS(type_spec_proto) = {ENUM(1, "type_spec_class", type_spec_proto_type_spec_class),
    MESSAGE(2, "type_state", structured_value), ONE(3, "type_spec_class_name", STRING),
    ONE(4, "num_flat_components", INT32)};
PLAIN(type_spec_proto, "TypeSpecProto");
FIELDS(tensor_info_composite_tensor) = {MESSAGE(1, "type_spec", type_spec_proto),
    MESSAGES(2, "components", tensor_info)};
PLAIN(tensor_info_composite_tensor, "TensorInfo.CompositeTensor");
FIELDS(tensor_info) = {ONE_OF(1, 1, "name", STRING), ENUM(2, "dtype", data_type),
    MESSAGE(3, "tensor_shape", tensor_shape_proto), MESSAGE_OF(1, 4, "coo_sparse", tensor_info_coo_sparse),
    MESSAGE_OF(1, 5, "composite_tensor", tensor_info_composite_tensor)};
PLAIN(tensor_info, "TensorInfo");
FIELDS(signature_def_inputs_entry) = {ONE(1, "key", STRING), MESSAGE(2, "value", tensor_info)};
ENTRY(signature_def_inputs_entry, "SignatureDef.InputsEntry");
FIELDS(signature_def_outputs_entry) = {ONE(1, "key", STRING), MESSAGE(2, "value", tensor_info)};
ENTRY(signature_def_outputs_entry, "SignatureDef.OutputsEntry");
FIELDS(signature_def_defaults_entry) = {ONE(1, "key", STRING), MESSAGE(2, "value", tensor_proto)};
ENTRY(signature_def_defaults_entry, "SignatureDef.DefaultsEntry");
FIELDS(signature_def) = {MAP(1, "inputs", signature_def_inputs_entry),
    MAP(2, "outputs", signature_def_outputs_entry), ONE(3, "method_name", STRING),
    MAP(4, "defaults", signature_def_defaults_entry)};
PLAIN(signature_def, "SignatureDef");
FIELDS(meta_graph_def_signature_def_entry) = {ONE(1, "key", STRING), MESSAGE(2, "value", signature_def)};
ENTRY(meta_graph_def_signature_def_entry, "MetaGraphDef.SignatureDefEntry");
FIELDS(asset_file_def) = {MESSAGE(1, "tensor_info", tensor_info), ONE(2, "filename", STRING)};
PLAIN(asset_file_def, "AssetFileDef");
FIELDS(trackable_object_graph_trackable_object_object_reference) = {ONE(1, "node_id", INT32),
    ONE(2, "local_name", STRING)};

    PLAIN(trackable_object_graph_trackable_object_object_reference, "TrackableObjectGraph.TrackableObject.ObjectReference");

    FIELDS(trackable_object_graph_trackable_object_slot_variable_reference) = {ONE(1, "original_variable_node_id", INT32),
    ONE(2, "slot_name", STRING), ONE(3, "slot_variable_node_id", INT32)};

    PLAIN(trackable_object_graph_trackable_object_slot_variable_reference, "TrackableObjectGraph.TrackableObject.SlotVariableReference");
FIELDS(saved_user_object) = {ONE(1, "identifier", STRING), MESSAGE(2, "version", version_def),
    ONE(3, "metadata", STRING)};
PLAIN(saved_user_object, "SavedUserObject");
FIELDS(saved_asset) = {ONE(1, "asset_file_def_index", INT32)};
PLAIN(saved_asset, "SavedAsset");
FIELDS(function_spec) = {MESSAGE(1, "fullargspec", structured_value), ONE(2, "is_method", BOOL),
    MESSAGE(5, "input_signature", structured_value), ENUM(6, "jit_compile", function_spec_jit_compile)};
PLAIN(function_spec, "FunctionSpec");
FIELDS(saved_function) = {MANY(1, "concrete_functions", STRING), MESSAGE(2, "function_spec", function_spec)};
PLAIN(saved_function, "SavedFunction");
FIELDS(saved_variable) = {ENUM(1, "dtype", data_type), MESSAGE(2, "shape", tensor_shape_proto),
    ONE(3, "trainable", BOOL), ENUM(4, "synchronization", variable_synchronization),
    ENUM(5, "aggregation", variable_aggregation), ONE(6, "name", STRING), ONE(7, "device", STRING),
    MESSAGES(8, "experimental_distributed_variable_components", saved_variable)};
PLAIN(saved_variable, "SavedVariable");
FIELDS(saved_bare_concrete_function) = {ONE(1, "concrete_function_name", STRING),
    MANY(2, "argument_keywords", STRING), ONE(3, "allowed_positional_arguments", INT64),
    MESSAGE(4, "function_spec", function_spec)};
PLAIN(saved_bare_concrete_function, "SavedBareConcreteFunction");
FIELDS(saved_constant) = {ONE(1, "operation", STRING)};
PLAIN(saved_constant, "SavedConstant");
FIELDS(saved_resource) = {ONE(1, "device", STRING)};
PLAIN(saved_resource, "SavedResource");
FIELDS(captured_tensor) = {ONE(1, "name", STRING), ONE(2, "concrete_function", STRING)};
PLAIN(captured_tensor, "CapturedTensor");
FIELDS(saveable_object) = {ONE(2, "save_function", INT32), ONE(3, "restore_function", INT32)};
PLAIN(saveable_object, "SaveableObject");
FIELDS(saved_object_saveable_objects_entry) = {ONE(1, "key", STRING), MESSAGE(2, "value", saveable_object)};
ENTRY(saved_object_saveable_objects_entry, "SavedObject.SaveableObjectsEntry");
FIELDS(saved_object) = {MESSAGES(1, "children", trackable_object_graph_trackable_object_object_reference),
    MESSAGES(3, "slot_variables", trackable_object_graph_trackable_object_slot_variable_reference),
    MESSAGE_OF(1, 4, "user_object", saved_user_object), MESSAGE_OF(1, 5, "asset", saved_asset),
    MESSAGE_OF(1, 6, "function", saved_function), MESSAGE_OF(1, 7, "variable", saved_variable),
    MESSAGE_OF(1, 8, "bare_concrete_function", saved_bare_concrete_function),
    MESSAGE_OF(1, 9, "constant", saved_constant), MESSAGE_OF(1, 10, "resource", saved_resource),
    MAP(11, "saveable_objects", saved_object_saveable_objects_entry),
    MESSAGE_OF(1, 12, "captured_tensor", captured_tensor), ONE(13, "registered_name", STRING),
    MESSAGE(14, "serialized_user_proto", any),
    MESSAGES(15, "dependencies", trackable_object_graph_trackable_object_object_reference),
    ONE(16, "registered_saver", STRING)};
PLAIN(saved_object, "SavedObject");
FIELDS(saved_concrete_function) = {MANY(2, "bound_inputs", INT32),
    MESSAGE(3, "canonicalized_input_signature", structured_value),
    MESSAGE(4, "output_signature", structured_value)};
PLAIN(saved_concrete_function, "SavedConcreteFunction");
FIELDS(saved_object_graph_concrete_functions_entry) = {ONE(1, "key", STRING),
    MESSAGE(2, "value", saved_concrete_function)};
ENTRY(saved_object_graph_concrete_functions_entry, "SavedObjectGraph.ConcreteFunctionsEntry");
FIELDS(saved_object_graph) = {MESSAGES(1, "nodes", saved_object),
    MAP(2, "concrete_functions", saved_object_graph_concrete_functions_entry)};
PLAIN(saved_object_graph, "SavedObjectGraph");
FIELDS(meta_graph_def) = {MESSAGE(1, "meta_info_def", meta_graph_def_meta_info_def),
    MESSAGE(2, "graph_def", graph_def), MESSAGE(3, "saver_def", saver_def),
    MAP(4, "collection_def", meta_graph_def_collection_def_entry),
    MAP(5, "signature_def", meta_graph_def_signature_def_entry),
    MESSAGES(6, "asset_file_def", asset_file_def), MESSAGE(7, "object_graph_def", saved_object_graph)};
PLAIN(meta_graph_def, "MetaGraphDef");
FIELDS(saved_model) = {ONE(1, "saved_model_schema_version", INT64),
    MESSAGES(2, "meta_graphs", meta_graph_def)};
PLAIN(saved_model, "SavedModel");

/* What an Any may be written as: all of these but the maps' entries. */
static const leat_proto_message *const types_of_any[] = {&message_tensor_shape_proto_dim,
    &message_tensor_shape_proto, &message_resource_handle_proto_dtype_and_shape, &message_full_type_def,
    &message_op_def_arg_def, &message_resource_handle_proto, &message_variant_tensor_data_proto,
    &message_tensor_proto, &message_name_attr_list, &message_attr_value_list_value, &message_attr_value,
    &message_op_def_attr_def, &message_op_deprecation, &message_op_def, &message_op_list,
    &message_meta_graph_def_meta_info_def, &message_node_def_experimental_debug_info, &message_node_def,
    &message_version_def, &message_function_def_arg_attrs, &message_function_def, &message_gradient_def,
    &message_registered_gradient, &message_function_def_library, &message_graph_debug_info_file_line_col,
    &message_graph_debug_info_stack_trace, &message_graph_debug_info, &message_graph_def,
    &message_saver_def, &message_collection_def_node_list, &message_collection_def_bytes_list,
    &message_collection_def_int64_list, &message_collection_def_float_list,
    &message_collection_def_any_list, &message_collection_def, &message_tensor_info_coo_sparse,
    &message_none_value, &message_tensor_spec_proto, &message_bounded_tensor_spec_proto,
    &message_list_value, &message_tuple_value, &message_dict_value, &message_pair_value,
    &message_named_tuple_value, &message_structured_value, &message_type_spec_proto,
    &message_tensor_info_composite_tensor, &message_tensor_info, &message_signature_def,
    &message_asset_file_def, &message_trackable_object_graph_trackable_object_object_reference,
    &message_trackable_object_graph_trackable_object_slot_variable_reference, &message_saved_user_object,
    &message_saved_asset, &message_function_spec, &message_saved_function, &message_saved_variable,
    &message_saved_bare_concrete_function, &message_saved_constant, &message_saved_resource,
    &message_captured_tensor, &message_saveable_object, &message_saved_object,
    &message_saved_concrete_function, &message_saved_object_graph, &message_meta_graph_def,
    &message_saved_model};
static const leat_proto_any any_types = {"tensorflow.", types_of_any, LEAT_LEN(types_of_any)};
/* clang-format on */

const leat_proto_message *const leat_attr_value_message = &(const leat_proto_message){
    "attribute", (const leat_proto_field[]){MESSAGE(1, "value", attr_value)}, 1, false, false, NULL};
const leat_proto_message *const leat_graph_def_message = &message_graph_def;
const leat_proto_message *const leat_meta_graph_message = &message_meta_graph_def;
const leat_proto_message *const leat_saved_model_message = &message_saved_model;
