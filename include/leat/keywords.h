/* leat/keywords.h - how arguments after the inputs become keywords.
 *
 * leat_matmul(a, b, .transpose_b = true, .name = "xw") is a macro over a function of the same name that takes one
 * struct by value: bindings, debuggers and C++ call the function. Defaults that are not zero stand before the
 * caller's designated initialisers, so that the later one wins. */
#ifndef LEAT_KEYWORDS_H
#define LEAT_KEYWORDS_H

#include "leat/graph.h"

#ifdef __clang__
#define LEAT_KW_ON                                                                                           \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Winitializer-overrides\"")
#define LEAT_KW_OFF _Pragma("clang diagnostic pop")
#else
#define LEAT_KW_ON _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Woverride-init\"")
#define LEAT_KW_OFF _Pragma("GCC diagnostic pop")
#endif

#ifdef __cplusplus
#define LEAT_CXX_DEFAULT(...)                                                                                \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }
extern "C" {
#else
#define LEAT_CXX_DEFAULT(...)
#endif

/* Lists by value; the items are borrowed for the call. */
typedef struct leat_out_list {
    const leat_out *items;
    size_t n;
} leat_out_list;
typedef struct leat_int_list {
    const int64_t *items;
    size_t n;
} leat_int_list;
typedef struct leat_float_list {
    const float *items;
    size_t n;
} leat_float_list;
typedef struct leat_dtype_list {
    const leat_dtype *items;
    size_t n;
} leat_dtype_list;
typedef struct leat_shape_list {
    const leat_shape *items;
    size_t n;
} leat_shape_list;
typedef struct leat_string_list {
    const char *const *items;
    size_t n;
} leat_string_list;

#ifdef __cplusplus
}
#else
#define LEAT_LIST_OF_(list_, item_, ...)                                                                     \
    ((list_){.items = (item_[]){__VA_ARGS__}, .n = sizeof((item_[]){__VA_ARGS__}) / sizeof(item_)})
#define LEAT_OUTS(...) LEAT_LIST_OF_(leat_out_list, const leat_out, __VA_ARGS__)
#define LEAT_INTS(...) LEAT_LIST_OF_(leat_int_list, const int64_t, __VA_ARGS__)
#define LEAT_FLOATS(...) LEAT_LIST_OF_(leat_float_list, const float, __VA_ARGS__)
#define LEAT_DTYPES(...) LEAT_LIST_OF_(leat_dtype_list, const leat_dtype, __VA_ARGS__)
#define LEAT_SHAPES(...) LEAT_LIST_OF_(leat_shape_list, const leat_shape, __VA_ARGS__)
#define LEAT_STRINGS(...) LEAT_LIST_OF_(leat_string_list, const char *const, __VA_ARGS__)
#endif
#endif
