/* Put: values into rows of a column, and what of that clients are to be told. */

#include "parts.h"

/* A fused operation would round once where numpy rounds twice. */
#pragma STDC FP_CONTRACT OFF

/* So many rows are done by one loop after the other. What these loops read and write
   beside the columns is copied: then nothing can change it meanwhile, and it stays in the
   nearest cache. */
enum { ROWS = 512 };

typedef struct {
    Py_buffer data, sent, rows, values, bits;
    Py_ssize_t width, told, count; /* bytes of a value, and of what is told of it */
    unsigned long long bit;
    double low, factor, steps;
    int is_quantized, is_one; /* one value for all rows */
} Put;

/* Some of the rows. */
typedef struct {
    Py_ssize_t from, count;
    long long rows[ROWS];
    uint64_t values[ROWS], out[ROWS]; /* of any width, as they are written and told */
    uint8_t is_new[ROWS];
} Piece;

/* Copy the values of some rows, or the one of all for the first of them: no other have more
   rows. */
static void
piece_values(const Put *self, Piece *piece)
{
    size_t width = (size_t)self->width;
    char *to = (char *)piece->values, *from = self->values.buf;
    if (!self->is_one) {
        memcpy(to, from + (size_t)piece->from * width, (size_t)piece->count * width);
    } else if (piece->from == 0) {
        for (Py_ssize_t i = 0; i < piece->count; i++) {
            memcpy(to + (size_t)i * width, from, width);
        }
    }
}

/* Copy which rows these are, and have the memory come that they stand for; 0, or -1 with
   an exception: there is no such row. */
static int
piece_rows(const Put *self, Piece *piece)
{
    const long long *rows = (const long long *)self->rows.buf + piece->from;
    const char *data = self->data.buf, *sent = self->sent.buf;
    unsigned long long length = (unsigned long long)(self->data.len / self->width);
    for (Py_ssize_t i = 0; i < piece->count; i++) {
        unsigned long long row = (unsigned long long)rows[i];
        if (row >= length) {
            return refuse_row();
        }
        piece->rows[i] = (long long)row;
        expect_write(data + row * (unsigned long long)self->width);
        if (self->told) {
            expect_write(sent + row * (unsigned long long)self->told);
        }
    }
    return 0;
}

/* For numbers of some bits: write them into rows; note for which rows others are told than
   before, and tell these; set bits of these rows. Whether a value is told anew is not asked
   but counted with: nobody can guess it, so the processor would wait for the row each time
   that it guessed wrong. */
#define FOR_WIDTH(BITS)                                                                 \
    LOOP spread_##BITS(uint##BITS##_t *restrict data,                                   \
                       const uint##BITS##_t *restrict values,                           \
                       const Piece *restrict piece)                                     \
    {                                                                                   \
        for (Py_ssize_t i = 0; i < piece->count; i++) {                                 \
            data[piece->rows[i]] = values[i];                                           \
        }                                                                               \
    }                                                                                   \
    LOOP tell_##BITS(uint##BITS##_t *restrict sent, const uint##BITS##_t *restrict out, \
                     Piece *restrict piece)                                             \
    {                                                                                   \
        for (Py_ssize_t i = 0; i < piece->count; i++) {                                 \
            uint##BITS##_t *told = sent + piece->rows[i];                               \
            piece->is_new[i] = *told != out[i];                                         \
            *told = out[i];                                                             \
        }                                                                               \
    }                                                                                   \
    LOOP note_##BITS(uint##BITS##_t *restrict bits, const uint8_t *restrict is_new,     \
                     Py_ssize_t count, uint##BITS##_t bit)                              \
    {                                                                                   \
        for (Py_ssize_t i = 0; i < count; i++) {                                        \
            bits[i] |= (uint##BITS##_t)(is_new[i] ? bit : 0);                           \
        }                                                                               \
    }

FOR_WIDTH(8)
FOR_WIDTH(16)
FOR_WIDTH(32)
FOR_WIDTH(64)

/* Call the loop of a name that is for numbers of so many bytes. */
#define BY_WIDTH(WIDTH, NAME, ...)                                                      \
    do {                                                                                \
        switch (WIDTH) {                                                                \
        case 1:                                                                         \
            NAME##_8(__VA_ARGS__);                                                      \
            break;                                                                      \
        case 2:                                                                         \
            NAME##_16(__VA_ARGS__);                                                     \
            break;                                                                      \
        case 4:                                                                         \
            NAME##_32(__VA_ARGS__);                                                     \
            break;                                                                      \
        default:                                                                        \
            NAME##_64(__VA_ARGS__);                                                     \
        }                                                                               \
    } while (0)

/* The step that stands for a value, as numpy finds it in a column of its width. */
#define STEPS(NAME, TYPE, BITS)                                                         \
    LOOP NAME(const TYPE *restrict values, uint##BITS##_t *restrict out,                \
              Py_ssize_t count, TYPE low, TYPE factor, TYPE most)                       \
    {                                                                                   \
        for (Py_ssize_t i = 0; i < count; i++) {                                        \
            TYPE value = values[i] - low;                                               \
            value *= factor;                                                            \
            value += (TYPE)0.5;                                                         \
            value = value > 0 ? value : 0;                                              \
            out[i] = (uint##BITS##_t)(STEP_TYPE_##BITS)(value < most ? value : most);   \
        }                                                                               \
    }

/* Processors turn several floats at once into signed numbers, but not into others. */
#define STEP_TYPE_8 int32_t
#define STEP_TYPE_16 int32_t
#define STEP_TYPE_32 uint32_t

STEPS(single_steps_8, float, 8)
STEPS(single_steps_16, float, 16)
STEPS(single_steps_32, float, 32)
STEPS(double_steps_8, double, 8)
STEPS(double_steps_16, double, 16)
STEPS(double_steps_32, double, 32)

/* Find what is told of some rows, where that is not what is written. */
static void
piece_steps(const Put *self, Piece *piece)
{
    double low = self->low, factor = self->factor, most = self->steps;
    Py_ssize_t count = piece->count;
    void *values = piece->values, *out = piece->out;
    if (self->width == 4) {
        float from = (float)low, times = (float)factor, end = (float)most;
        switch (self->told) {
        case 1:
            single_steps_8(values, out, count, from, times, end);
            break;
        case 2:
            single_steps_16(values, out, count, from, times, end);
            break;
        default:
            single_steps_32(values, out, count, from, times, end);
        }
        return;
    }
    switch (self->told) {
    case 1:
        double_steps_8(values, out, count, low, factor, most);
        break;
    case 2:
        double_steps_16(values, out, count, low, factor, most);
        break;
    default:
        double_steps_32(values, out, count, low, factor, most);
    }
}

static int
put_rows(const Put *self)
{
    const long long *rows = self->rows.buf;
    unsigned long long length = (unsigned long long)(self->data.len / self->width);
    for (Py_ssize_t i = 0; i < self->count; i++) {
        if ((unsigned long long)rows[i] >= length) {
            return refuse_row();
        }
    }
    Piece piece;
    for (piece.from = 0; piece.from < self->count; piece.from += ROWS) {
        Py_ssize_t left = self->count - piece.from;
        piece.count = left < ROWS ? left : ROWS;
        /* Whoever gave the array of rows may have written it meanwhile. */
        if (piece_rows(self, &piece) < 0) {
            return -1;
        }
        piece_values(self, &piece);
        BY_WIDTH(self->width, spread, self->data.buf, (void *)piece.values, &piece);
        if (self->told) {
            void *out = piece.values, *bits = self->bits.buf;
            Py_ssize_t width = self->bits.itemsize;
            if (self->is_quantized) {
                piece_steps(self, &piece);
                out = piece.out;
            }
            BY_WIDTH(self->told, tell, self->sent.buf, out, &piece);
            bits = (char *)bits + piece.from * width;
            BY_WIDTH(width, note, bits, piece.is_new, piece.count, self->bit);
        }
    }
    return 0;
}

/* Whether the arrays fit each other; 0, or -1 with an exception. */
static int
check(Put *self)
{
    if (is_numbers(&self->data, 8) && is_numbers(&self->values, 8)
        && is_numbers(&self->rows, 8) && is_numbers(&self->bits, 8)
        && is_numbers(&self->sent, self->is_quantized ? 4 : 8)) {
        char letter = *self->data.format, row = *self->rows.format;
        self->width = self->data.itemsize;
        self->told = self->sent.len ? self->sent.itemsize : 0;
        self->count = self->rows.len / self->rows.itemsize;
        Py_ssize_t given = self->values.len / self->width;
        self->is_one = given != self->count;
        int is_told = self->told == 0
                      || self->sent.len / self->told == self->data.len / self->width;
        int is_form = self->is_quantized ? (letter == 'f' || letter == 'd')
                                               && *self->values.format == letter
                                         : self->told == 0 || self->told == self->width;
        if (is_told && is_form && self->rows.itemsize == 8 && (row == 'l' || row == 'q')
            && self->values.itemsize == self->width && (given == self->count || given == 1)
            && self->bits.len == self->count * self->bits.itemsize) {
            return 0;
        }
    }
    PyErr_SetString(PyExc_ValueError, "the arrays of a column do not fit");
    return -1;
}

PyObject *
put(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Put self = {.bit = 0};
    PyObject *data, *sent, *rows, *values, *bits, *quantized, *done = NULL;
    if (!PyArg_ParseTuple(arguments, "OOOOOKO", &data, &sent, &rows, &values, &bits,
                          &self.bit, &quantized)) {
        return NULL;
    }
    if (quantized != Py_None) {
        self.is_quantized = 1;
        if (!PyTuple_Check(quantized)) {
            PyErr_SetString(PyExc_TypeError, "what is quantized is (low, factor, steps)");
            return NULL;
        }
        if (!PyArg_ParseTuple(quantized, "ddd", &self.low, &self.factor, &self.steps)) {
            return NULL;
        }
    }
    if (array_of(data, &self.data, PyBUF_WRITABLE) == 0
        && array_of(sent, &self.sent, PyBUF_WRITABLE) == 0
        && array_of(rows, &self.rows, 0) == 0 && array_of(values, &self.values, 0) == 0
        && array_of(bits, &self.bits, PyBUF_WRITABLE) == 0 && check(&self) == 0
        && put_rows(&self) == 0) {
        done = Py_NewRef(Py_None);
    }
    PyBuffer_Release(&self.bits);
    PyBuffer_Release(&self.values);
    PyBuffer_Release(&self.rows);
    PyBuffer_Release(&self.sent);
    PyBuffer_Release(&self.data);
    return done;
}
