/* npy-private.h - NumPy's .npy files: one array, the feeds and fetches of `leat run`.
 *
 * Read: format versions 1 to 3, C and Fortran order, either byte order; integers, floats, complex, bool, byte
 * strings (|S) and Unicode strings (<U, as UTF-8). Refused with a word: objects (they are Python pickles),
 * structures, dates. Written: version 1, C order, little-endian. bfloat16 has no code of its own there and
 * stands as two raw bytes (<V2), as NumPy writes it. Source: NumPy's NEP 1. */
#ifndef LEAT_NPY_PRIVATE_H
#define LEAT_NPY_PRIVATE_H

#include "base/file-private.h"
#include "engine/files/data-type-private.h"

enum { LEAT_NPY_RANK = 64 }; /* as NumPy 2 has it */

/* An open .npy file. What is to be read: dtype, rank, dims, elements; the rest is the reader's own. */
typedef struct leat_npy {
    int dtype; /* TensorFlow's number */
    int rank;
    int64_t dims[LEAT_NPY_RANK];
    int64_t elements;
    leat_file file;
    uint64_t data_offset;
    size_t item_size; /* bytes of an element in the file; strings: of the longest */
    size_t swap_size; /* bytes to be put in reverse order, 0 if none */
    bool fortran, unicode;
} leat_npy;

/* Opens a file and checks all but the values: LEAT_ERR_DATA_LOSS, or LEAT_ERR_UNIMPLEMENTED for a type that Leat
 * has not. Close with leat_npy_close, also after a failure. */
leat_status leat_npy_open(leat_npy *n, const char *path) LEAT_PRIV(npy_open) LEAT_MUST_CHECK;
void leat_npy_close(leat_npy *n) LEAT_PRIV(npy_close);

/* Reads the whole array into `to`, elements * (bytes of the dtype) bytes, C order, little-endian. Not for strings. */
leat_status leat_npy_read(leat_npy *n, void *to) LEAT_PRIV(npy_read) LEAT_MUST_CHECK;
/* Reads `count` elements from the `first` on, in C order; a Fortran-ordered file of rank 2 and more is refused
 * (LEAT_ERR_UNIMPLEMENTED), being no stream. Not for strings. */
leat_status leat_npy_read_part(leat_npy *n, int64_t first, int64_t count, void *to)
    LEAT_PRIV(npy_read_part) LEAT_MUST_CHECK;
/* Reads an array of strings: `elements` of them, whose bytes live in the arena. */
leat_status leat_npy_read_strings(leat_npy *n, leat_bytes *to, leat_arena *arena)
    LEAT_PRIV(npy_read_strings) LEAT_MUST_CHECK;

/* Writes an array beside `path` and renames it there; to a device or a pipe it writes directly. */
leat_status leat_npy_write(const char *path, int dtype, int rank, const int64_t *dims, const void *data)
    LEAT_PRIV(npy_write) LEAT_MUST_CHECK;
/* Strings as |S<longest>, at least 1, padded with NUL. */
leat_status leat_npy_write_strings(const char *path, int rank, const int64_t *dims, const leat_bytes *strings)
    LEAT_PRIV(npy_write_strings) LEAT_MUST_CHECK;

#endif
