/* base-private.h - the floor: errors, memory, growable buffers, arenas, hashing.
 *
 * All allocation of the project passes through base/memory.c, so that tests can make the Nth call fail
 * (fault-private.h). An allocation failure is an ordinary error: the function returns NULL, or a sticky
 * failure in a buffer, and the caller reports LEAT_ERR_NO_MEMORY. */
#ifndef LEAT_BASE_PRIVATE_H
#define LEAT_BASE_PRIVATE_H

#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "leat/status.h"

/* A function that libleat-viz and the tool use from libleat: exported as leat_priv_<name> under the version
 * node LEAT_PRIVATE, with no promise of stability. C code calls it by its declared name. It comes first behind the
 * parameters, before other attributes. */
#define LEAT_PRIV(name_) __asm__("leat_priv_" #name_) __attribute__((visibility("default")))

#define LEAT_LEN(array_) (sizeof(array_) / sizeof((array_)[0]))
#define LEAT_MIN(a_, b_) ((a_) < (b_) ? (a_) : (b_))
#define LEAT_MAX(a_, b_) ((a_) > (b_) ? (a_) : (b_))

/* Returns early with the status of an expression that failed. */
#define LEAT_TRY(expr_)                                                                                      \
    do {                                                                                                     \
        leat_status try_status_ = (expr_);                                                                   \
        if (__builtin_expect(try_status_ != LEAT_OK, 0))                                                     \
            return try_status_;                                                                              \
    } while (0)

/* ---- errors ---- */

/* Records the formatted detail for this thread and returns `status`. Control characters, invalid UTF-8 and
 * escapes in the formatted text are written as \xNN, so that a name from a file can never drive a terminal. */
leat_status leat_fail(leat_status status, const char *format, ...) LEAT_PRIV(fail) LEAT_PRINTF(2, 3);
leat_status leat_fail_v(leat_status status, const char *format, va_list args) LEAT_PRIV(fail_v);

/* As leat_fail for a failed allocation; the detail needs no memory. */
leat_status leat_fail_memory(size_t bytes) LEAT_PRIV(fail_memory);

/* Puts "prefix: " before the current detail; returns `status` (does nothing for LEAT_OK). */
leat_status leat_fail_context(leat_status status, const char *format, ...) LEAT_PRIV(fail_context)
    LEAT_PRINTF(2, 3);

/* Clears, or restores, this thread's detail: for code that tries something and goes on. */
void leat_clear_message(void) LEAT_PRIV(clear_message);

void leat_note(leat_log_level level, const char *format, ...) LEAT_PRIV(note) LEAT_PRINTF(2, 3);

/* ---- memory ---- */

void *leat_alloc(size_t bytes) LEAT_PRIV(alloc); /* as malloc; zero bytes gives a pointer */
void *leat_alloc_zero(size_t count, size_t size) LEAT_PRIV(alloc_zero); /* as calloc, overflow checked */
void *leat_realloc(void *old, size_t bytes) LEAT_PRIV(realloc);
void *leat_realloc_array(void *old, size_t count, size_t size)
    LEAT_PRIV(realloc_array);                  /* overflow checked */
void leat_free(void *pointer) LEAT_PRIV(free); /* NULL is fine */
char *leat_strdup(const char *text) LEAT_PRIV(strdup);
char *leat_strndup(const char *text, size_t bytes) LEAT_PRIV(strndup);
char *leat_asprintf(const char *format, ...) LEAT_PRIV(asprintf) LEAT_PRINTF(1, 2);

#define LEAT_ALIGNMENT 64 /* of tensor buffers: a cache line, and a vector of AVX-512 */
void *leat_alloc_aligned(size_t bytes) LEAT_PRIV(alloc_aligned); /* multiple of LEAT_ALIGNMENT */
void leat_free_aligned(void *pointer) LEAT_PRIV(free_aligned);

/* ---- span: memory got from the system at once, for aligned blocks that are dropped one by one ----
 *
 * What a checkpoint is restored to: its pages come as they are written (huge ones where the system has some to spare, which takes
 * half the time), and it goes back when the last block is dropped. Worth it from some megabytes on. */

typedef struct leat_span leat_span;
leat_span *leat_span_new(size_t bytes)
    LEAT_PRIV(span_new); /* NULL: out of memory; dropped by the maker, too */
/* A block, aligned to LEAT_ALIGNMENT, which is to be dropped; NULL where too little is left. One thread at a time. */
void *leat_span_alloc(leat_span *s, size_t bytes) LEAT_PRIV(span_alloc);
void leat_span_drop(leat_span *s) LEAT_PRIV(span_drop); /* any thread; NULL is fine */
static inline size_t leat_span_room(size_t bytes)       /* what a block of so many bytes takes */
{
    return (bytes + LEAT_ALIGNMENT - 1) & ~(size_t)(LEAT_ALIGNMENT - 1);
}

/* Bytes of somebody else's, not terminated: an element of a string tensor, a field of a message. */
typedef struct leat_bytes {
    const char *data;
    size_t size;
} leat_bytes;

/* ---- fork mark: which process is it? Asked without a system call, before each lock that no thread of a forked child
 * would ever open ---- */

typedef struct leat_fork_mark {
    const volatile char
        *page; /* starts with 1, with 0 in a child; NULL: the system has no such pages, ask for the id */
    pid_t process;
} leat_fork_mark;

leat_fork_mark leat_fork_mark_new(void) LEAT_PRIV(fork_mark_new); /* cannot fail */
void leat_fork_mark_free(leat_fork_mark *mark) LEAT_PRIV(fork_mark_free);
/* Is this a child, at any depth, of the process that made the mark? */
bool leat_is_forked(const leat_fork_mark *mark) LEAT_PRIV(is_forked);

/* ---- growable byte buffer; starts as all zero ---- */

typedef struct leat_buf {
    char *data; /* NUL-terminated beyond `size` whenever data != NULL */
    size_t size, capacity;
    bool failed; /* an allocation failed: later appends do nothing; leat_buf_status reports it */
} leat_buf;

void leat_buf_append(leat_buf *b, const void *bytes, size_t n) LEAT_PRIV(buf_append);
void leat_buf_puts(leat_buf *b, const char *text) LEAT_PRIV(buf_puts);
void leat_buf_putc(leat_buf *b, char c) LEAT_PRIV(buf_putc);
void leat_buf_put_i64(leat_buf *b, int64_t value) LEAT_PRIV(buf_put_i64); /* in decimal digits */
void leat_buf_printf(leat_buf *b, const char *format, ...) LEAT_PRIV(buf_printf) LEAT_PRINTF(2, 3);
void leat_buf_vprintf(leat_buf *b, const char *format, va_list args) LEAT_PRIV(buf_vprintf);
/* Makes room for `n` more bytes; returns where to write them (then add to b->size), or NULL. */
void *leat_buf_reserve(leat_buf *b, size_t n) LEAT_PRIV(buf_reserve);
void leat_buf_clear(leat_buf *b) LEAT_PRIV(buf_clear); /* size 0, keeps the memory and clears `failed` */
void leat_buf_free(leat_buf *b) LEAT_PRIV(buf_free);   /* back to all zero */
leat_status leat_buf_status(const leat_buf *b) LEAT_PRIV(buf_status); /* LEAT_OK or LEAT_ERR_NO_MEMORY */

/* Grows *array (of *capacity elements of `size` bytes) to hold at least `need`, by doubling. */
leat_status leat_grow(void *array_pointer, size_t *capacity, size_t need, size_t size)
    LEAT_PRIV(grow) LEAT_MUST_CHECK;

/* ---- arena: memory freed all at once; starts as all zero; not thread-safe ---- */

typedef struct leat_arena {
    struct leat_arena_block *last;
    size_t used;  /* in the last block */
    size_t total; /* bytes obtained from the system */
} leat_arena;

void *leat_arena_alloc(leat_arena *a, size_t bytes) LEAT_PRIV(arena_alloc); /* 8-byte aligned, not cleared */
void *leat_arena_zero(leat_arena *a, size_t bytes) LEAT_PRIV(arena_zero);
char *leat_arena_strndup(leat_arena *a, const char *text, size_t n) LEAT_PRIV(arena_strndup);
void leat_arena_free(leat_arena *a) LEAT_PRIV(arena_free);

/* ---- hash map from byte strings to pointers; starts as all zero; keys are borrowed, not copied ---- */

typedef struct leat_map {
    struct leat_map_slot *slots;
    size_t count, capacity;
    uint64_t seed;          /* differs from process to process, and so does the order of leat_map_next */
    struct leat_span *span; /* that the slots lie in; NULL: of leat_alloc_zero */
} leat_map;

void *leat_map_get(const leat_map *m, const char *key, size_t n) LEAT_PRIV(map_get); /* NULL if absent */
/* Inserts or replaces; value must not be NULL. The key must live as long as the map. */
leat_status leat_map_put(leat_map *m, const char *key, size_t n, void *value)
    LEAT_PRIV(map_put) LEAT_MUST_CHECK;
/* Makes room, so that a map of `count` entries and less does not grow. */
leat_status leat_map_reserve(leat_map *m, size_t count) LEAT_PRIV(map_reserve) LEAT_MUST_CHECK;
/* Fetches into the cache where the key is or would be; changes nothing. Worth it some hundred cycles before the key is needed, in
 * a map that fills more than the caches. */
void leat_map_prefetch(const leat_map *m, const char *key, size_t n) LEAT_PRIV(map_prefetch);
void *leat_map_remove(leat_map *m, const char *key, size_t n) LEAT_PRIV(map_remove);
/* Iteration in no stable order: *cursor starts at 0; false at the end. Do not change the map meanwhile. */
bool leat_map_next(const leat_map *m, size_t *cursor, const char **key, size_t *n, void **value)
    LEAT_PRIV(map_next);
void leat_map_free(leat_map *m) LEAT_PRIV(map_free);

uint64_t leat_hash(const void *data, size_t bytes, uint64_t seed) LEAT_PRIV(hash);

/* ---- text ---- */

/* Writes `text` to `to` (of `room` > 0 bytes, NUL-terminated, cut where full) with control characters, ESC,
 * characters that change the direction of text and invalid UTF-8 written as \xNN: safe for a terminal. Returns
 * the bytes written; 4 * n + 1 bytes of room are always enough. */
size_t leat_escape(char *to, size_t room, const char *text, size_t n) LEAT_PRIV(escape);
/* As leat_escape, appended. */
void leat_buf_put_escaped(leat_buf *b, const char *text, size_t n) LEAT_PRIV(buf_put_escaped);
/* Appends a JSON string, quotes included. NUL is \u0000, which some readers refuse; bytes that are no UTF-8 become the text \xNN; what could end a script
 * element or a line of JavaScript is escaped too, so that the JSON may stand in HTML, and what leat_escape escapes, so
 * that it may be shown in a terminal. */
void leat_buf_put_json(leat_buf *b, const char *text, size_t n) LEAT_PRIV(buf_put_json);
/* Appends a number as leat_format_f64 writes it; NaN and the infinities as the strings "NaN", ... */
void leat_buf_put_json_f64(leat_buf *b, double value) LEAT_PRIV(buf_put_json_f64);
/* Appends bytes in base64 (RFC 4648, padded). */
void leat_buf_put_base64(leat_buf *b, const void *data, size_t n) LEAT_PRIV(buf_put_base64);
/* Appends a text as a field of a CSV line, in quotes where it needs them. What a spreadsheet would take for a formula
 * (it begins with = + - or @, and is no number) gets an apostrophe before it. A byte that is not of UTF-8, or NUL, is
 * written as \xNN, as in JSON. */
void leat_csv_put(leat_buf *b, const char *text, size_t n) LEAT_PRIV(csv_put);
bool leat_utf8_valid(const char *text, size_t n) LEAT_PRIV(utf8_valid);

/* The candidate that a mistyped word was probably meant to be: start with {.word = w}, offer every candidate, read
 * `best` (NULL: nothing is near). */
typedef struct leat_nearest {
    const char *word;
    const char *best;
    size_t best_size; /* where candidates are not NUL-terminated, as of leat_nearest_offer_n */
    size_t distance;
} leat_nearest;
void leat_nearest_offer(leat_nearest *n, const char *candidate) LEAT_PRIV(nearest_offer);
void leat_nearest_offer_n(leat_nearest *n, const char *candidate, size_t size) LEAT_PRIV(nearest_offer_n);

/* Whole-string number parsers (no locale, no leading blanks, no trailing junk, no hexadecimal). false if it is
 * not one or is out of range; a number too small for a double becomes 0 or subnormal. Doubles may be "nan",
 * "inf" or "infinity" in any case, with a sign. */
bool leat_parse_i64(const char *text, int64_t *out) LEAT_PRIV(parse_i64);
bool leat_parse_f64(const char *text, double *out) LEAT_PRIV(parse_f64);
/* As leat_parse_f64 for n bytes that need no NUL after them. */
bool leat_parse_f64_n(const char *text, size_t n, double *out) LEAT_PRIV(parse_f64_n);

/* Shortest decimal text that reads back as the same value ("0.1", "1e+30", "NaN", "Infinity", "-Infinity"):
 * what JSON and CSV outputs use. buf holds at least 32 bytes. Returns buf. */
char *leat_format_f64(char *buf, double value) LEAT_PRIV(format_f64);
char *leat_format_f32(char *buf, float value) LEAT_PRIV(format_f32);
/* Writes the decimal digits, at most 20 characters and no NUL; returns the end. For files of millions of numbers. */
char *leat_put_i64(char *to, int64_t value) LEAT_PRIV(put_i64);

/* Between the two, this thread's printf and strtod know no locale: a decimal point is a point. */
locale_t leat_c_numbers_begin(void) LEAT_PRIV(c_numbers_begin);
void leat_c_numbers_end(locale_t old) LEAT_PRIV(c_numbers_end);

/* Seconds: monotonic, and since 1970. */
double leat_now(void) LEAT_PRIV(now);
double leat_wall_time(void) LEAT_PRIV(wall_time);

#endif
