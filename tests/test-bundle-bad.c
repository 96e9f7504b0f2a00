/* Bad checkpoints. Each row is a good checkpoint with one thing changed (and its checksums put right, where the
 * change is not the checksum), and what must be said of it; the same files without the change are read. */
#include "config.h"
#include "check.h"
#include "table-craft.h"
#include "base/crc-private.h"
#include "engine/files/checkpoint-private.h"
#include "proto/wire-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char prefix[4096];

static const char *with(const char *suffix)
{
    static char paths[8][4200];
    static unsigned next;
    char *p = paths[next++ % 8];
    snprintf(p, sizeof paths[0], "%s%s", prefix, suffix);
    return p;
}

#define DATA0 ".data-00000-of-00002"
#define DATA1 ".data-00001-of-00002"

/* ---- the good checkpoint ---- */

static void make_good(float first)
{
    static const int64_t dims_a[] = {2, 3}, dims_b[] = {4}, dims_names[] = {3}, dims_part[] = {4, 2};
    static const leat_bundle_extent upper[] = {{0, 3}, {0, -1}}, lower[] = {{3, 1}, {0, -1}};
    const float a[] = {first, 1, 2, 3, 4, 5};
    static const float part[] = {0, 1, 2, 3, 4, 5, 6, 7};
    static const int64_t b[] = {-1, -2, -3, -4};
    static const leat_bytes names[] = {{"one", 3}, {"", 0}, {"three", 5}};
    const leat_bundle_tensor tensors[] = {
        {.name = "a", .dtype = LEAT_DATA_TYPE_FLOAT, .rank = 2, .dims = dims_a, .data = a},
        {.name = "b", .dtype = LEAT_DATA_TYPE_INT64, .rank = 1, .dims = dims_b, .data = b},
        {.name = "names", .dtype = LEAT_DATA_TYPE_STRING, .rank = 1, .dims = dims_names, .strings = names},
        {.name = "part",
         .dtype = LEAT_DATA_TYPE_FLOAT,
         .rank = 2,
         .dims = dims_part,
         .slice = upper,
         .data = part},
        {.name = "part",
         .dtype = LEAT_DATA_TYPE_FLOAT,
         .rank = 2,
         .dims = dims_part,
         .slice = lower,
         .data = part + 6},
        {.name = "z", .dtype = LEAT_DATA_TYPE_FLOAT, .data = a, .shard = 1},
    };
    leat_bundle_writer *w;
    REQUIRE_OK(leat_bundle_writer_open(&w, prefix, &(leat_bundle_options){.shards = 2}));
    for (size_t i = 0; i < LEAT_LEN(tensors); i++)
        CHECK_OK(leat_bundle_writer_add(w, &tensors[i]));
    CHECK_OK(leat_bundle_writer_commit(w));
}

static size_t load_entries(craft_entry *to)
{
    leat_table *t;
    leat_table_cursor at = {0};
    size_t n = 0;
    CHECK_OK(leat_table_open(&t, with(".index")));
    for (CHECK_OK(leat_table_seek(t, &at, "", 0)); at.valid; n++) {
        to[n] = (craft_entry){calloc(1, at.key.size + 1), calloc(1, at.value.size + 1), at.key.size,
                              at.value.size};
        memcpy(to[n].key, at.key.data, at.key.size);
        memcpy(to[n].value, at.value.data, at.value.size);
        CHECK_OK(leat_table_next(t, &at));
    }
    leat_table_cursor_free(&at);
    leat_table_close(t);
    return n;
}

/* ---- rows ---- */

/* Of an entry's message: the fields of that number are replaced by a number, or by bytes as they are. */
typedef struct new_field {
    const char *key;
    uint32_t number;
    uint64_t value;
    const char *bytes; /* raw, tag and all, instead of `value` */
    size_t size;
    size_t key_size; /* 0: a string */
} new_field;

enum { ENTRY_DROP = 1, ENTRY_SWAP, ENTRY_TWICE }; /* changes of the list of entries, at new_field's key */
enum { FILE_REMOVE = 1, FILE_CUT, FILE_FLIP, FILE_DIRECTORY, FILE_FIFO, FILE_DANGLING, FILE_OTHER };

typedef struct bad_row {
    int number; /* in the catalogue of bad inputs */
    const char *what;
    craft how;
    new_field field;
    int list;   /* ENTRY_... */
    int action; /* FILE_..., on the file with that suffix */
    const char *file;
    long at;            /* where to cut, or which byte to flip; negative: from the end */
    const char *tensor; /* NULL: the whole checkpoint is refused; else this one and no other */
    leat_status status;
    const char *text;
    bool verify; /* only a full verification looks there */
} bad_row;

#define LOSS LEAT_ERR_DATA_LOSS
#define SLICE0 .key = "\0part\0\1\1\2\x80\x83\x80\x7f", .key_size = 13

#define NUMBER(key_, number_, value_)                                                                        \
    {                                                                                                        \
        .key = (key_), .number = (number_), .value = (value_)                                                \
    }

/* An entry of "part": its dtype and shape, and then the slices that come after. */
#define PART_SLICES(bytes_) .key = "part", .number = 7, .bytes = (bytes_), .size = sizeof(bytes_) - 1

static const bad_row bad_rows[] = {
    {70, "empty index", .action = FILE_CUT, .file = ".index", .at = 0, .status = LOSS,
     .text = "0 bytes are too few"},
    {70, "47 bytes", .action = FILE_CUT, .file = ".index", .at = 47, .status = LOSS,
     .text = "47 bytes are too few"},
    {70, "last byte cut", .action = FILE_CUT, .file = ".index", .at = -1, .status = LOSS, .text = "magic"},
    {71, "magic", .how.magic = SET(0xdb4775248b80fb58), .status = LOSS, .text = "bad magic number"},
    {72, "data handle past EOF", .how.data_offset = SET(100000), .status = LOSS,
     .text = "outside the data blocks"},
    {72, "data handle into the index", .how.data_size = SET(400), .status = LOSS,
     .text = "outside the data blocks"},
    {72, "index handle past EOF", .how.index_offset = SET(100000), .status = LOSS, .text = "past the end"},
    {72, "meta handle past EOF", .how.meta_offset = SET(100000), .status = LOSS, .text = "past the end"},
    {73, "index size 2^64-5", .how.index_size = SET(UINT64_MAX - 4), .status = LOSS, .text = "past the end"},
    {73, "data size 2^64-5", .how.data_size = SET(UINT64_MAX - 4), .status = LOSS,
     .text = "outside the data blocks"},
    {73, "data offset 2^64-5", .how.data_offset = SET(UINT64_MAX - 4), .status = LOSS, .text = "outside"},
    {74, "2 GiB index", .how.index_size = SET(1u << 31), .status = LOSS, .text = "past the end"},
    {74, "2 GiB block", .how.data_size = SET(1u << 31), .status = LOSS, .text = "outside the data blocks"},
    {75, "key of 2^32-1", .how = {.at = "b", .rest = SET(UINT32_MAX)}, .status = LOSS,
     .text = "past the end of its block"},
    {75, "value of 2^32-1", .how = {.at = "b", .value = SET(UINT32_MAX)}, .status = LOSS,
     .text = "past the end of its block"},
    {75, "lengths that wrap", .how = {.at = "b", .rest = SET(UINT32_MAX - 9), .value = SET(20)},
     .status = LOSS, .text = "past the end of its block"},
    {75, "a length of 33 bits", .how = {.at = "b", .rest = SET(1ull << 32)}, .status = LOSS,
     .text = "lengths are damaged"},
    {76, "shared > previous key", .how = {.at = "names", .shared = SET(2)}, .status = LOSS,
     .text = "shares more bytes"},
    {76, "shared 2^32-1", .how = {.at = "names", .shared = SET(UINT32_MAX)}, .status = LOSS,
     .text = "shares more bytes"},
    {76, "shared at a restart", .how = {.at = "", .shared = SET(1)}, .status = LOSS,
     .text = "not stored whole"},
    {77, "2^32-1 restarts", .how.restarts = SET(UINT32_MAX), .status = LOSS,
     .text = "claims 4294967295 restarts"},
    {77, "no restart", .how.restarts = SET(0), .status = LOSS, .text = "has no restart"},
    {77, "two restarts", .how.restarts = SET(2), .status = LOSS, .text = ""},
    {77, "restart inside an entry", .how.restart = SET(1), .status = LOSS, .text = "restart"},
    {77, "restart past the block", .how.restart = SET(1u << 30), .status = LOSS, .text = "restart"},
    {78, "CRC of the data block", .how.break_data = true, .status = LOSS,
     .text = ".index:0: a block's checksum"},
    {78, "CRC of the index block", .how.break_index = true, .status = LOSS, .text = "a block's checksum"},
    {78, "CRC of the meta block", .how.break_meta = true, .status = LOSS, .text = "a block's checksum",
     .verify = true},
    {78, "compression type 2", .how.type = SET(2), .status = LOSS, .text = "unknown compression type 2"},
    {78, "type snappy, not compressed", .how.type = SET(1), .status = LOSS, .text = "snappy"},
    {79, "expands to 2^31", .how = {.snappy = true, .expanded = SET(1u << 31)}, .status = LOSS,
     .text = "claims to expand"},
    {79, "expands to 2^32-1", .how = {.snappy = true, .expanded = SET(UINT32_MAX)}, .status = LOSS,
     .text = "claims to expand"},
    {79, "expands to a byte more", .how = {.snappy = true, .expanded = SET(206)}, .status = LOSS,
     .text = "does not expand"},
    {79, "damaged snappy", .how = {.snappy = true, .break_snappy = true}, .status = LOSS,
     .text = "does not expand"},
    {80, "no header", .field.key = "", .list = ENTRY_DROP, .status = LOSS, .text = "no header"},
    {80, "header cut", .field = {.key = "", .number = 3, .bytes = "\x1a\x05\x08\x01", .size = 4},
     .status = LOSS, .text = "header:"},
    {81, "no data files", .field = NUMBER("", 1, 0), .status = LOSS, .text = "0 data files"},
    {81, "1e9 data files", .field = NUMBER("", 1, 1000000000), .status = LOSS,
     .text = "1000000000 data files"},
    {81, "-1 data files", .field = NUMBER("", 1, UINT64_MAX), .status = LOSS, .text = "-1 data files"},
    {82, "big-endian", .field = NUMBER("", 2, 1), .status = LOSS, .text = "big-endian"},
    {82, "wants a newer reader", .field = {.key = "", .number = 3, .bytes = "\x1a\x02\x10\x02", .size = 4},
     .status = LOSS, .text = "newer reader"},
    {83, "shard 2 of 2", .field = NUMBER("a", 3, 2), .tensor = "a", .status = LOSS,
     .text = "'a': data file 2 of 2"},
    {83, "shard -1", .field = NUMBER("a", 3, UINT64_MAX), .tensor = "a", .status = LOSS,
     .text = "data file -1 of 2"},
    {84, "missing data file", .action = FILE_REMOVE, .file = DATA1, .tensor = "z",
     .status = LEAT_ERR_NOT_FOUND, .text = DATA1},
    {85, "offset past EOF", .field = NUMBER("a", 4, 100000), .tensor = "a", .status = LOSS,
     .text = "24 bytes at 100000, past the end"},
    {85, "offset + size wraps", .field = NUMBER("a", 4, INT64_MAX - 10), .tensor = "a", .status = LOSS,
     .text = "past the end"},
    {85, "negative offset", .field = NUMBER("a", 4, UINT64_MAX), .tensor = "a", .status = LOSS,
     .text = "past the end"},
    {85, "data file cut", .action = FILE_CUT, .file = DATA1, .at = 3, .tensor = "z", .status = LOSS,
     .text = "past the end"},
    {86, "size differs from shape", .field = NUMBER("a", 5, 20), .tensor = "a", .status = LOSS,
     .text = "20 bytes stored, 24 needed"},
    {86, "negative size", .field = NUMBER("a", 5, UINT64_MAX), .tensor = "a", .status = LOSS,
     .text = "-1 bytes stored"},
    {86, "size too small for strings", .field = NUMBER("names", 5, 6), .tensor = "names", .status = LOSS,
     .text = "at least 7 needed"},
    {86, "dtype 0", .field = NUMBER("a", 1, 0), .tensor = "a", .status = LOSS, .text = "dtype 0"},
    {86, "dtype 99", .field = NUMBER("a", 1, 99), .tensor = "a", .status = LOSS, .text = "dtype 99"},
    {86, "a reference dtype", .field = NUMBER("a", 1, 101), .tensor = "a", .status = LOSS,
     .text = "dtype 101"},
    {86, "a resource", .field = NUMBER("a", 1, 20), .tensor = "a", .status = LOSS,
     .text = "a resource is no value"},
    {86, "too small for variants", .field = NUMBER("a", 1, 21), .tensor = "a", .status = LOSS,
     .text = "at least 30 needed"},
    {86, "another dtype", .field = NUMBER("a", 1, 2), .tensor = "a", .status = LOSS, .text = "48 needed"},
    {86, "a negative dimension",
     .field = {.key = "a",
               .number = 2,
               .bytes = "\x12\x0d\x12\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
               .size = 15},
     .tensor = "a", .status = LOSS, .text = "a dimension is negative"},
    {86, "shape product 2^66",
     .field = {.key = "a",
               .number = 2,
               .bytes =
                   "\x12\x14\x12\x08\x08\x80\x80\x80\x80\x80\x80\x01\x12\x08\x08\x80\x80\x80\x80\x80\x80\x01",
               .size = 22},
     .tensor = "a", .status = LOSS, .text = "more elements than"},
    {86, "unknown rank", .field = {.key = "a", .number = 2, .bytes = "\x12\x02\x18\x01", .size = 4},
     .tensor = "a", .status = LOSS, .text = "rank is unknown"},
    {86, "shape cut", .field = {.key = "a", .number = 2, .bytes = "\x12\x02\x12\x05", .size = 4},
     .tensor = "a", .status = LOSS, .text = "'a'"},
    {86, "a field of a wrong type", .field = {.key = "a", .number = 4, .bytes = "\x22\x00", .size = 2},
     .tensor = "a", .status = LOSS, .text = "wrong type"},
    {87, "overlapping entries", .field = NUMBER("b", 4, 20), .tensor = "b", .status = LOSS,
     .text = "shares bytes"},
    {87, "the other of them", .field = NUMBER("b", 4, 20), .tensor = "a", .status = LOSS,
     .text = "shares bytes"},
    {88, "a bit of the data", .action = FILE_FLIP, .file = DATA0, .at = 5, .tensor = "a", .status = LOSS,
     .text = DATA0 ":0: tensor 'a': the checksum"},
    {88, "a bit of the strings", .action = FILE_FLIP, .file = DATA0, .at = 65, .tensor = "names",
     .status = LOSS, .text = "the checksum"},
    {88, "the tensor's CRC", .field = {.key = "a", .number = 6, .bytes = "\x35\x01\x02\x03\x04", .size = 5},
     .tensor = "a", .status = LOSS, .text = "the checksum"},
    {88, "no CRC", .field = {.key = "a", .number = 6, .bytes = "", .size = 0}, .tensor = "a", .status = LOSS,
     .text = "the checksum"},
    {88, "a bit of a slice", .action = FILE_FLIP, .file = DATA0, .at = 80, .tensor = "part", .status = LOSS,
     .text = "tensor 'part': the checksum"},
    {89, "slice start 2^63-1",
     .field = {PART_SLICES("\x3a\x10\x0a\x0c\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x10\x03\x0a\x00")},
     .tensor = "part", .status = LOSS, .text = "reaches out"},
    {89, "slice length 2^63-1",
     .field = {PART_SLICES("\x3a\x0e\x0a\x0a\x10\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x0a\x00")},
     .tensor = "part", .status = LOSS, .text = "reaches out"},
    {89, "start + length past the dimension",
     .field = {PART_SLICES("\x3a\x08\x0a\x04\x08\x02\x10\x03\x0a\x00")}, .tensor = "part", .status = LOSS,
     .text = "reaches out"},
    {89, "slice of another rank", .field = {PART_SLICES("\x3a\x04\x0a\x02\x10\x03")}, .tensor = "part",
     .status = LOSS, .text = "another rank"},
    {89, "slice of a higher rank", .field = {PART_SLICES("\x3a\x08\x0a\x02\x10\x03\x0a\x00\x0a\x00")},
     .tensor = "part", .status = LOSS, .text = "another rank"},
    {89, "one slice is not listed", .field = {PART_SLICES("\x3a\x06\x0a\x02\x10\x03\x0a\x00")},
     .tensor = "part", .status = LOSS, .text = "do not cover"},
    {89, "a slice that is not there", .field = {PART_SLICES("\x3a\x06\x0a\x02\x10\x04\x0a\x00")},
     .tensor = "part", .status = LOSS, .text = "missing"},
    {89, "a slice twice",
     .field = {PART_SLICES("\x3a\x06\x0a\x02\x10\x03\x0a\x00\x3a\x06\x0a\x02\x10\x03\x0a\x00")},
     .tensor = "part", .status = LOSS, .text = "overlap"},
    {89, "start without length", .field = {PART_SLICES("\x3a\x06\x0a\x02\x08\x01\x0a\x00")}, .tensor = "part",
     .status = LOSS, .text = "reaches out"},
    {89, "a slice's dtype", .field = {SLICE0, .number = 1, .value = 3}, .tensor = "part", .status = LOSS,
     .text = "differs in dtype"},
    {89, "a slice's shape",
     .field = {SLICE0, .number = 2, .bytes = "\x12\x08\x12\x02\x08\x02\x12\x02\x08\x02", .size = 10},
     .tensor = "part", .status = LOSS, .text = "another shape"},
    {90, "a string longer than the entry", .action = FILE_FLIP, .file = DATA0, .at = 56, .tensor = "names",
     .status = LOSS, .text = "longer than the entry"},
    {90, "the checksum of the lengths", .action = FILE_FLIP, .file = DATA0, .at = 59, .tensor = "names",
     .status = LOSS, .text = "checksum of the lengths"},
    {90, "entry of more strings",
     .field = {.key = "names", .number = 2, .bytes = "\x12\x04\x12\x02\x08\x04", .size = 6},
     .tensor = "names", .status = LOSS, .text = "'names'"},
    {91, "keys not sorted", .field.key = "a", .list = ENTRY_SWAP, .status = LOSS,
     .text = "not in ascending order"},
    {91, "a key twice", .field.key = "a", .list = ENTRY_TWICE, .status = LOSS,
     .text = "not in ascending order"},
    {91, "index key too small", .how.index_key = "n", .status = LOSS, .text = "greater than the index says"},
    {92, "new data, old index", .action = FILE_OTHER, .file = DATA0, .tensor = "a", .status = LOSS,
     .text = "the checksum"},
    {95, "index is a directory", .action = FILE_DIRECTORY, .file = ".index",
     .status = LEAT_ERR_INVALID_ARGUMENT, .text = "is a directory"},
    {95, "index is a FIFO", .action = FILE_FIFO, .file = ".index", .status = LEAT_ERR_INVALID_ARGUMENT,
     .text = "not a regular file"},
    {95, "index is a dangling link", .action = FILE_DANGLING, .file = ".index", .status = LEAT_ERR_NOT_FOUND,
     .text = ".index"},
    {95, "data is a directory", .action = FILE_DIRECTORY, .file = DATA1, .tensor = "z",
     .status = LEAT_ERR_INVALID_ARGUMENT, .text = "is a directory"},
    {95, "data is a FIFO", .action = FILE_FIFO, .file = DATA1, .tensor = "z",
     .status = LEAT_ERR_INVALID_ARGUMENT, .text = "not a regular file"},
    {95, "data is a dangling link", .action = FILE_DANGLING, .file = DATA1, .tensor = "z",
     .status = LEAT_ERR_NOT_FOUND, .text = DATA1},
};

/* ---- making a row's files ---- */

static void replace_field(craft_entry *e, const new_field *f)
{
    leat_buf b = {0};
    leat_wire w = leat_wire_from(e->value, e->value_size, 0);
    leat_field old;
    const uint8_t *from = w.at;
    for (; leat_wire_next(&w, &old); from = w.at)
        if (old.number != f->number)
            leat_buf_append(&b, from, (size_t)(w.at - from));
    if (f->bytes != NULL)
        leat_buf_append(&b, f->bytes, f->size);
    else
        leat_put_uint(&b, f->number, f->value);
    free(e->value);
    e->value = malloc(b.size + 1);
    e->value_size = b.size;
    memcpy(e->value, b.data, b.size);
    leat_buf_free(&b);
}

static bool is_key(const craft_entry *e, const new_field *f)
{
    size_t n = f->key_size > 0 ? f->key_size : strlen(f->key);
    return e->key_size == n && memcmp(e->key, f->key, n) == 0;
}

static void write_index(const bad_row *row)
{
    craft_entry entries[40] = {{0}};
    leat_buf table = {0};
    size_t count = load_entries(entries), at = 0;
    if (row->field.key != NULL) {
        while (at < count && !is_key(&entries[at], &row->field))
            at++;
        REQUIRE(at < count);
    }
    if (row->field.number != 0)
        replace_field(&entries[at], &row->field);
    craft_entry e = entries[at];
    if (row->list == ENTRY_DROP) {
        memmove(entries + at, entries + at + 1, (count - at) * sizeof e);
        count--;
    } else if (row->list == ENTRY_SWAP) {
        entries[at] = entries[at + 1];
        entries[at + 1] = e;
    } else if (row->list == ENTRY_TWICE) {
        memmove(entries + at + 1, entries + at, (count - at) * sizeof e);
        count++;
    }
    craft_table(entries, count, &row->how, &table);
    CHECK_OK(leat_file_replace(with(".index"), table.data, table.size, false));
    leat_buf_free(&table);
    for (size_t i = 0; i < count; i++)
        if (!(row->list == ENTRY_TWICE && i == at)) {
            free(entries[i].key);
            free(entries[i].value);
        }
    if (row->list == ENTRY_DROP) {
        free(e.key);
        free(e.value);
    }
}

static void change_file(const bad_row *row)
{
    const char *path = with(row->file);
    leat_buf b = {0};
    CHECK_OK(leat_file_read_all(path, 0, &b));
    size_t at = row->at < 0 ? b.size - (size_t)-row->at : (size_t)row->at;
    CHECK(unlink(path) == 0);
    switch (row->action) {
    case FILE_CUT: CHECK_OK(leat_file_replace(path, b.data, at, false)); break;
    case FILE_FLIP:
        b.data[at] ^= 0x10;
        CHECK_OK(leat_file_replace(path, b.data, b.size, false));
        break;
    case FILE_DIRECTORY: CHECK(mkdir(path, 0777) == 0); break;
    case FILE_FIFO: CHECK(mkfifo(path, 0666) == 0); break;
    case FILE_DANGLING: CHECK(symlink("nowhere", path) == 0); break;
    case FILE_OTHER: {
        char *kept = strdup(prefix), other[8000];
        snprintf(prefix, sizeof prefix, "%s-other", kept);
        make_good(7.5f);
        snprintf(other, sizeof other, "%s%s", prefix, row->file);
        snprintf(prefix, sizeof prefix, "%s", kept);
        free(kept);
        CHECK(rename(other, with(row->file)) == 0);
        break;
    }
    default: break;
    }
    leat_buf_free(&b);
}

/* ---- what must be said ---- */

static leat_status read_tensor(leat_bundle *b, const char *name)
{
    leat_bundle_entry e = {0};
    leat_status status = leat_bundle_find(b, name, strlen(name), &e);
    if (status == LEAT_OK)
        status = leat_bundle_scan(b, &e, NULL, NULL);
    leat_bundle_entry_free(&e);
    return status;
}

/* The whole is refused, or one tensor is and (unless the file is another's) the others are read. */
static void check_bad(const bad_row *row)
{
    static const char *const names[] = {"a", "b", "names", "part", "z"};
    leat_bundle *b = NULL;
    leat_status status = leat_bundle_open(&b, prefix);
    if (row->verify && status == LEAT_OK)
        status = leat_bundle_verify_rest(b);
    if (row->tensor == NULL) {
        if (!CHECK_FAILS(status, row->status, row->text))
            printf("[%d %s] ", row->number, row->what);
        leat_bundle_close(b);
        return;
    }
    REQUIRE_OK(status);
    if (!CHECK_FAILS(read_tensor(b, row->tensor), row->status, row->text) ||
        strstr(leat_message(), row->tensor) == NULL)
        printf("[%d %s: %s] ", row->number, row->what, leat_message());
    CHECK(strstr(leat_message(), row->tensor) != NULL);
    for (size_t i = 0; i < LEAT_LEN(names); i++)
        if (strcmp(names[i], row->tensor) != 0 && row->number != 87 && row->action != FILE_OTHER)
            if (!CHECK_OK(read_tensor(b, names[i])))
                printf("[%d %s] ", row->number, row->what);
    leat_bundle_close(b);

    leat_buf text = {0};
    leat_listing_count count;
    CHECK_OK(leat_checkpoint_list(prefix, &(leat_listing){.verify = true}, &text, &count));
    CHECK(count.tensors == 5 && count.unreadable >= 1 && strstr(text.data, "UNREADABLE") != NULL);
    leat_buf_free(&text);
}

static void check_good(void)
{
    leat_buf text = {0};
    leat_listing_count count;
    CHECK_OK(leat_checkpoint_list(prefix, &(leat_listing){.verify = true}, &text, &count));
    CHECK(count.tensors == 5 && count.unreadable == 0);
    leat_buf_free(&text);
}

LEAT_TEST(bad_checkpoints)
{
    for (size_t i = 0; i < LEAT_LEN(bad_rows); i++) {
        const bad_row *row = &bad_rows[i];
        snprintf(prefix, sizeof prefix, "%s/m", check_temp_dir());
        make_good(0);
        bad_row undone = {.how.snappy = row->how.snappy};
        write_index(&undone); /* the same table, made by the same hands, without the change */
        check_good();
        if (row->action != 0)
            change_file(row);
        else
            write_index(row);
        check_bad(row);
    }
}

/* Number 96: a file shrinks after it was opened. */
LEAT_TEST(files_that_shrink)
{
    leat_bundle *b;
    leat_bundle_entry e = {0};
    float values[6];
    snprintf(prefix, sizeof prefix, "%s/m", check_temp_dir());
    make_good(0);
    REQUIRE_OK(leat_bundle_open(&b, prefix));
    REQUIRE_OK(leat_bundle_find(b, "a", 1, &e));
    CHECK(truncate(with(DATA0), 10) == 0);
    CHECK_FAILS(leat_bundle_read(b, &e, NULL, values, sizeof values), LEAT_ERR_DATA_LOSS,
                "tensor 'a': " /* file:offset: */);
    CHECK(strstr(leat_message(), DATA0 ":10: the file ends 14 bytes too early") != NULL);
    leat_bundle_entry_free(&e);
    leat_bundle_close(b);
}

/* Number 97: all that is missing or differs is listed. */
LEAT_TEST(what_is_expected)
{
    static const int64_t a[] = {2, 3}, any[] = {-1, 3}, other[] = {3, 2}, part[] = {4, 2};
    static const leat_bundle_want good[] = {
        {"a", 1, 2, a}, {"a", 1, 2, any}, {"part", 1, 2, part}, {"z", 1, -1, NULL}};
    static const leat_bundle_want bad[] = {
        {"a", 1, 2, other}, {"b", 1, 1, part}, {"gone", 1, 0, NULL}, {"part", 1, 2, part}, {"z", 1, 1, a}};
    leat_bundle *b;
    snprintf(prefix, sizeof prefix, "%s/m", check_temp_dir());
    make_good(0);
    REQUIRE_OK(leat_bundle_open(&b, prefix));
    CHECK_OK(leat_bundle_match(b, good, LEAT_LEN(good), NULL, NULL));
    CHECK_FAILS(
        leat_bundle_match(b, bad, 2, NULL, NULL), LEAT_ERR_INVALID_ARGUMENT,
        ": 'a' is float32[2,3] where float32[3,2] is wanted; 'b' is int64[4] where float32[4] is wanted");
    CHECK_FAILS(leat_bundle_match(b, bad, LEAT_LEN(bad), NULL, NULL), LEAT_ERR_NOT_FOUND,
                "; 'gone' is missing; 'z' is float32[] where float32[2] is wanted");
    leat_bundle_close(b);
    bad_row row = {.field = NUMBER("a", 3, 7)};
    write_index(&row);
    REQUIRE_OK(leat_bundle_open(&b, prefix));
    CHECK_FAILS(leat_bundle_match(b, good, LEAT_LEN(good), NULL, NULL), LEAT_ERR_DATA_LOSS,
                "tensor 'a': data file 7 of 2");
    leat_bundle_close(b);
}

/* ---- the state file ---- */

static char logged[8192];

static void keep_log(void *user, leat_log_level level, const char *text)
{
    (void)user;
    if (level == LEAT_LOG_WARNING)
        snprintf(logged + strlen(logged), sizeof logged - strlen(logged), "%s\n", text);
}

/* Of checkpoints "old" and "new" (the newer one) in a directory with that state file, which is the latest? A number
 * ends in one of BADINPUT's; text: what fails, or what the log says where another one is taken. */
enum { MOVED = -93 };
static const struct state_row {
    int number;
    const char *state; /* NULL: no state file; % is the directory */
    const char *latest;
    leat_status status;
    const char *text;
} state_rows[] = {
    {0, "model_checkpoint_path: \"old\"\nall_model_checkpoint_paths: \"old\"\n", "old", LEAT_OK, ""},
    {0, "model_checkpoint_path: \"%/old\"\n", "old", LEAT_OK, ""},
    {0, "model_checkpoint_path: \"./old\"\n", "old", LEAT_OK, ""},
    {0, "# TensorFlow\n  model_checkpoint_path : 'ol' \"\\x64\" ; unknown { a: 1 b [1, 'x'] } other: -1.5e3",
     "old", LEAT_OK, ""},
    {0, "model_checkpoint_path: \"old\" all_model_checkpoint_timestamps: 1.5 last_preserved_timestamp: 0",
     "old", LEAT_OK, ""},
    {93, "model_checkpoint_path: \"../x/old\"\n", NULL, LEAT_ERR_INVALID_ARGUMENT,
     ":34: '../x/old' is not in this directory"},
    {93, "model_checkpoint_path: \"/etc/passwd\"\n", NULL, LEAT_ERR_INVALID_ARGUMENT,
     "'/etc/passwd' is not in this"},
    {93, "model_checkpoint_path: \"..\"\n", NULL, LEAT_ERR_INVALID_ARGUMENT, "'..' is not in this"},
    {93, "model_checkpoint_path: \"sub/../../old\"\n", NULL, LEAT_ERR_INVALID_ARGUMENT, "is not in this"},
    {93, "model_checkpoint_path: \"old\" all_model_checkpoint_paths: \"../x/old\"", NULL,
     LEAT_ERR_INVALID_ARGUMENT, "'../x/old' is not in"},
    {93, "model_checkpoint_path: \"/x/old/..\"\n", NULL, LEAT_ERR_INVALID_ARGUMENT, "'/x/old/..' is not in"},
    {93, "model_checkpoint_path: \"/x/old/\"\n", NULL, LEAT_ERR_INVALID_ARGUMENT, "'/x/old/' is not in"},
    {93, "model_checkpoint_path: \"/x/gone\"\n", NULL, LEAT_ERR_INVALID_ARGUMENT, "'/x/gone' is not in"},
    /* A run of TensorFlow's that was copied. */
    {MOVED, "model_checkpoint_path: \"/x/old\"\nall_model_checkpoint_paths: \"/x/old\"\n", "old", LEAT_OK,
     "'/x/old' is not in this directory: 'old', which is, is taken"},
    {0, "model_checkpoint_path: \"old\" all_model_checkpoint_paths: \"/x/gone\"", "old", LEAT_OK, ""},
    {94, "", "new", LEAT_OK, "no model_checkpoint_path"},
    {94,
     "\x7f"
     "ELF\1\2",
     "new", LEAT_OK, "checkpoint:0: a field's name is expected"},
    {94, "model_checkpoint_path: \"old", "new", LEAT_OK, "checkpoint:27: a string does not end"},
    {94, "model_checkpoint_path: old", "new", LEAT_OK, "a string is expected"},
    {94, "model_checkpoint_path \"old\"", "new", LEAT_OK, "':' is expected"},
    {94, "model_checkpoint_path: \"\"", "new", LEAT_OK, "an empty path"},
    {94, "model_checkpoint_path: \"old\\0\"", "new", LEAT_OK, "with a NUL"},
    {94, "model_checkpoint_path: \"old\\q\"", "new", LEAT_OK, "escape"},
    {94, "model_checkpoint_path: \"old\" x {{{", "new", LEAT_OK, "a value is expected"},
    {94, "model_checkpoint_path: \"old\" last_preserved_timestamp: soon", "new", LEAT_OK,
     "a number is expected"},
    {94, "model_checkpoint_path: \"gone\"", "new", LEAT_OK, "gone.index"},
    {94, NULL, "new", LEAT_OK, "checkpoint: No such file"},
};

/* `how` 0: as the row says; 1: "new" has a damaged byte, and must be passed over. */
static void check_state(const struct state_row *row, int how)
{
    char dir[4000], *prefix_found = NULL, want[4200];
    snprintf(dir, sizeof dir, "%s", check_temp_dir());
    for (int i = 0; i < 2; i++) {
        snprintf(prefix, sizeof prefix, "%s/%s", dir, i == 0 ? "old" : "new");
        make_good((float)i);
        struct timespec times[2] = {{.tv_sec = 1000 + i}, {.tv_sec = 1000 + i}};
        CHECK(utimensat(AT_FDCWD, with(".index"), times, 0) == 0);
    }
    if (how == 1) {
        bad_row flip = {.action = FILE_FLIP, .file = DATA0, .at = 5};
        change_file(&flip);
    }
    if (row->state != NULL) {
        leat_buf text = {0};
        for (const char *at = row->state; *at != 0; at++)
            leat_buf_puts(&text, *at == '%' ? dir : (char[]){*at, 0});
        snprintf(want, sizeof want, "%s/checkpoint", dir);
        CHECK_OK(leat_file_replace(want, text.data != NULL ? text.data : "", text.size, false));
        leat_buf_free(&text);
    }
    logged[0] = 0;
    leat_set_log(keep_log, NULL);
    leat_status status = leat_checkpoint_latest(dir, &prefix_found);
    leat_set_log(NULL, NULL);
    if (row->latest == NULL) {
        CHECK_FAILS(status, row->status, row->text);
        return;
    }
    REQUIRE_OK(status);
    snprintf(want, sizeof want, "%s/%s", dir, how == 1 ? "old" : row->latest);
    CHECK_STR(prefix_found, want);
    CHECK((row->text[0] == 0) == (logged[0] == 0));
    CHECK(strstr(logged, row->text) != NULL);
    if (row->text[0] != 0 && row->number != MOVED)
        CHECK(strstr(logged, "the newest checkpoint that verifies") != NULL);
    if (row->text[0] != 0 && row->number != MOVED && how == 1)
        CHECK(strstr(logged, "passed over: ") != NULL && strstr(logged, "the checksum") != NULL);
    leat_free(prefix_found);
}

LEAT_TEST(state_files)
{
    for (size_t i = 0; i < LEAT_LEN(state_rows); i++)
        for (int how = 0; how < 2; how++)
            check_state(&state_rows[i], how);
}

/* TensorFlow's V1 format is a table too, in a file that is called as the checkpoint. */
LEAT_TEST(the_old_format_is_told)
{
    craft_entry entries[2] = {{strdup(""), strdup("\x0a\x02\x1a"), 0, 4}, {strdup("v"), strdup(""), 1, 0}};
    leat_buf table = {0};
    leat_bundle *b;
    char *found, dir[4000], state[4100];
    snprintf(dir, sizeof dir, "%s", check_temp_dir());
    snprintf(prefix, sizeof prefix, "%s/m", dir);
    snprintf(state, sizeof state, "%s/checkpoint", dir);
    craft_table(entries, 2, &(craft){0}, &table);
    CHECK(!leat_checkpoint_is_one(prefix));
    REQUIRE_OK(leat_file_replace(prefix, table.data, table.size, false));
    REQUIRE_OK(leat_file_replace(with("-00000-of-00002"), table.data, table.size, false));
    leat_buf_free(&table);
    CHECK(leat_checkpoint_is_one(prefix));
    CHECK_FAILS(leat_bundle_open(&b, prefix), LEAT_ERR_UNIMPLEMENTED,
                "/m: a checkpoint of TensorFlow's V1 format");
    CHECK_FAILS(leat_bundle_open(&b, with("-????"
                                          "?-of-00002")),
                LEAT_ERR_UNIMPLEMENTED, "V1 format");
    CHECK_FAILS(leat_bundle_open(&b, with("-????"
                                          "?-of-00003")),
                LEAT_ERR_NOT_FOUND, ".index: No such file");
    REQUIRE_OK(leat_file_replace(state, "model_checkpoint_path: 'm'", 26, false));
    CHECK_FAILS(leat_checkpoint_latest(dir, &found), LEAT_ERR_UNIMPLEMENTED, "V1 format");
    for (int i = 0; i < 2; i++) {
        free(entries[i].key);
        free(entries[i].value);
    }
}

LEAT_TEST(no_checkpoint_at_all)
{
    char *found, dir[4000];
    snprintf(dir, sizeof dir, "%s", check_temp_dir());
    CHECK_FAILS(leat_checkpoint_latest(dir, &found), LEAT_ERR_NOT_FOUND, "no checkpoint in this directory");
    snprintf(prefix, sizeof prefix, "%s/m", dir);
    make_good(0);
    bad_row cut = {.action = FILE_CUT, .file = ".index", .at = 60};
    change_file(&cut);
    CHECK_FAILS(leat_checkpoint_latest(dir, &found), LEAT_ERR_NOT_FOUND,
                "no checkpoint in this directory is whole");
    CHECK_FAILS(leat_checkpoint_latest(prefix, &found), LEAT_ERR_NOT_FOUND, "/m");
    snprintf(prefix, sizeof prefix, "%s/checkpoint", dir);
    CHECK(mkfifo(prefix, 0666) == 0); /* must not be waited for */
    CHECK_FAILS(leat_checkpoint_latest(dir, &found), LEAT_ERR_INVALID_ARGUMENT, "not a regular file");
}
