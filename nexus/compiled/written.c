/* Written: which rows of a Table were, and in which fields; and what notes that. */

#include "parts.h"

typedef struct {
    Py_buffer dirty, alive, mask;
    Py_ssize_t known; /* rows from here on are not told of */
} Written;

/* So many flags are looked at together: most are not set. */
enum { BLOCK = 64 };

/* Which of eight flags are set, as bits. */
static inline uint64_t
bits_of(uint64_t flags)
{
    flags |= flags >> 4;
    flags |= flags >> 2;
    flags |= flags >> 1;
    return ((flags & 0x0101010101010101u) * 0x0102040810204080u) >> 56;
}

/* Clear the flags of a block, up to where they end; return which were set, as bits. */
static inline uint64_t
take_block(uint8_t *flags, Py_ssize_t end)
{
    uint64_t eight[BLOCK / 8] = {0}, any = 0, set = 0;
    if (end >= BLOCK) {
        memcpy(eight, flags, sizeof eight);
    } else {
        memcpy(eight, flags, (size_t)end);
    }
    for (int i = 0; i < BLOCK / 8; i++) {
        any |= eight[i];
    }
    if (any != 0) {
        memset(flags, 0, (size_t)(end < BLOCK ? end : BLOCK));
        for (int i = 0; i < BLOCK / 8; i++) {
            set |= bits_of(eight[i]) << (8 * i);
        }
    }
    return set;
}

/* Clear all flags; return the rows that are dirty, alive and known, and how many there
   are. The caller frees them with PyMem_Free. NULL: exception. */
static long long *
rows_of(const Written *self, Py_ssize_t *count)
{
    uint8_t *dirty = self->dirty.buf;
    const uint8_t *alive = self->alive.buf;
    Py_ssize_t length = self->dirty.len, room = 1024, found = 0;
    long long *rows = PyMem_Malloc((size_t)room * sizeof *rows);
    for (Py_ssize_t at = 0; rows != NULL && at < length; at += BLOCK) {
        uint64_t set = take_block(dirty + at, length - at);
        if (set != 0 && found + BLOCK > room) {
            room *= 2;
            long long *more = PyMem_Realloc(rows, (size_t)room * sizeof *rows);
            if (more == NULL) {
                PyMem_Free(rows);
            }
            rows = more;
        }
        for (; rows != NULL && set != 0; set &= set - 1) {
            Py_ssize_t row = at + lowest_bit(set);
            /* The next one is written over it if it is none. */
            rows[found] = row;
            found += (alive[row] != 0) & (row < self->known);
        }
    }
    *count = found;
    if (rows == NULL) {
        PyErr_NoMemory();
    }
    return rows;
}

#define TAKE(TYPE)                                                                      \
    do {                                                                                \
        TYPE *from = self->mask.buf, *to = masks;                                       \
        for (Py_ssize_t i = 0; i < count; i++) {                                        \
            if (i + AHEAD < count) {                                                    \
                expect_write(place_of(from, rows[i + AHEAD], sizeof *from));            \
            }                                                                           \
            to[i] = from[rows[i]];                                                      \
            from[rows[i]] = 0;                                                          \
        }                                                                               \
        return;                                                                         \
    } while (0)

/* Move the masks of some rows. */
static void
take(const Written *self, const long long *rows, Py_ssize_t count, void *masks)
{
    switch (self->mask.itemsize) {
    case 1:
        TAKE(uint8_t);
    case 2:
        TAKE(uint16_t);
    case 4:
        TAKE(uint32_t);
    default:
        TAKE(uint64_t);
    }
}

static int
check(const Written *self)
{
    Py_ssize_t width = self->mask.itemsize, length = self->dirty.len;
    if (self->dirty.itemsize == 1 && self->alive.itemsize == 1 && self->alive.len == length
        && is_whole(&self->mask) && self->mask.len == length * width) {
        return 0;
    }
    PyErr_SetString(PyExc_ValueError, "the arrays of rows do not fit");
    return -1;
}

static PyObject *
written_of(const Written *self)
{
    Py_ssize_t count;
    long long *rows = rows_of(self, &count);
    if (rows == NULL) {
        return NULL;
    }
    PyObject *out = Py_BuildValue(
        "(y#N)", (const char *)rows, count * (Py_ssize_t)sizeof *rows,
        PyBytes_FromStringAndSize(NULL, count * self->mask.itemsize));
    if (out != NULL) {
        /* Bytes begin where any number may stand. */
        take(self, rows, count, PyBytes_AS_STRING(PyTuple_GET_ITEM(out, 1)));
    }
    PyMem_Free(rows);
    return out;
}

PyObject *
written(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Written self = {.known = 0};
    PyObject *dirty, *alive, *mask, *out = NULL;
    if (!PyArg_ParseTuple(arguments, "OOOn", &dirty, &alive, &mask, &self.known)) {
        return NULL;
    }
    if (array_of(dirty, &self.dirty, PyBUF_WRITABLE) == 0
        && array_of(alive, &self.alive, 0) == 0
        && array_of(mask, &self.mask, PyBUF_WRITABLE) == 0 && check(&self) == 0) {
        out = written_of(&self);
    }
    PyBuffer_Release(&self.mask);
    PyBuffer_Release(&self.alive);
    PyBuffer_Release(&self.dirty);
    return out;
}

typedef struct {
    Py_buffer dirty, mask, rows, bits;
} Mark;

#define MARK(TYPE)                                                                      \
    do {                                                                                \
        TYPE *mask = self->mask.buf;                                                    \
        const TYPE *bits = self->bits.buf;                                              \
        for (Py_ssize_t i = 0; i < count; i++) {                                        \
            if (i + AHEAD < count) {                                                    \
                expect_write(place_of(mask, rows[i + AHEAD], sizeof *mask));            \
                expect_write(place_of(dirty, rows[i + AHEAD], 1));                      \
            }                                                                           \
            unsigned long long row = (unsigned long long)rows[i];                       \
            if (row >= length) {                                                        \
                return refuse_row();                                                    \
            }                                                                           \
            TYPE set = bits[i];                                                         \
            mask[row] |= set;                                                           \
            dirty[row] |= set != 0;                                                     \
            any |= set;                                                                 \
        }                                                                               \
    } while (0)

/* Note what was written of rows; 1 if anything was, 0 if nothing, -1 with an exception. */
static int
note(const Mark *self)
{
    uint8_t *dirty = self->dirty.buf;
    const long long *rows = self->rows.buf;
    Py_ssize_t count = self->rows.len / (Py_ssize_t)sizeof *rows;
    unsigned long long length = (unsigned long long)self->dirty.len;
    uint64_t any = 0;
    switch (self->mask.itemsize) {
    case 1:
        MARK(uint8_t);
        break;
    case 2:
        MARK(uint16_t);
        break;
    case 4:
        MARK(uint32_t);
        break;
    default:
        MARK(uint64_t);
    }
    return any != 0;
}

static int
check_mark(const Mark *self)
{
    Py_ssize_t width = self->mask.itemsize;
    if (self->dirty.itemsize == 1 && is_whole(&self->mask) && is_whole(&self->bits)
        && is_whole(&self->rows) && self->rows.itemsize == 8
        && self->mask.len == self->dirty.len * width && self->bits.itemsize == width
        && self->bits.len / width == self->rows.len / 8) {
        return 0;
    }
    PyErr_SetString(PyExc_ValueError, "the arrays of rows do not fit");
    return -1;
}

PyObject *
mark(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Mark self = {.mask = {.obj = NULL}};
    PyObject *dirty, *mask_, *rows, *bits, *out = NULL;
    if (!PyArg_ParseTuple(arguments, "OOOO", &dirty, &mask_, &rows, &bits)) {
        return NULL;
    }
    if (array_of(dirty, &self.dirty, PyBUF_WRITABLE) == 0
        && array_of(mask_, &self.mask, PyBUF_WRITABLE) == 0
        && array_of(rows, &self.rows, 0) == 0 && array_of(bits, &self.bits, 0) == 0
        && check_mark(&self) == 0) {
        int any = note(&self);
        out = any < 0 ? NULL : PyBool_FromLong(any);
    }
    PyBuffer_Release(&self.bits);
    PyBuffer_Release(&self.rows);
    PyBuffer_Release(&self.mask);
    PyBuffer_Release(&self.dirty);
    return out;
}
