/* Put: values into rows of a column, and what of that clients are to be told. */

#include "parts.h"

/* A fused operation would round once where numpy rounds twice. */
#pragma STDC FP_CONTRACT OFF

typedef struct {
    Py_buffer data, sent, rows, values, bits;
    Py_ssize_t width, told, count; /* bytes of a value, and of what is told of it */
    unsigned long long bit;
    double low, factor, steps;
    int is_quantized, is_one; /* one value for all rows */
} Put;

/* Look at an array; 0, or -1 with an exception. */
static int
look(PyObject *array, Py_buffer *view, int flags)
{
    if (PyObject_GetBuffer(array, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | flags) < 0) {
        view->obj = NULL;
        return -1;
    }
    return 0;
}

/* Set the bit of a row whose value is to be told. */
static void
set_bit(const Put *self, Py_ssize_t at)
{
    char *bits = (char *)self->bits.buf + at * self->bits.itemsize;
    switch (self->bits.itemsize) {
    case 1:
        *(uint8_t *)bits |= (uint8_t)self->bit;
        break;
    case 2:
        *(uint16_t *)bits |= (uint16_t)self->bit;
        break;
    case 4:
        *(uint32_t *)bits |= (uint32_t)self->bit;
        break;
    default:
        *(uint64_t *)bits |= self->bit;
    }
}

/* Write all rows of a column of one type: what is told of a value is TOLD. Their number
   is looked at where it is used, as whoever gave the array may write it. */
#define EACH_ROW(TYPE, TOLD_TYPE, TOLD)                                                 \
    do {                                                                                \
        TYPE *data = self->data.buf;                                                    \
        const TYPE *values = self->values.buf;                                          \
        TOLD_TYPE *sent = self->told ? self->sent.buf : NULL;                           \
        for (Py_ssize_t i = 0; i < self->count; i++) {                                  \
            TYPE value = values[self->is_one ? 0 : i];                                  \
            unsigned long long row = (unsigned long long)rows[i];                       \
            if (row >= length) {                                                        \
                return refuse_row();                                                    \
            }                                                                           \
            data[row] = value;                                                          \
            if (sent != NULL) {                                                         \
                TOLD_TYPE out = TOLD;                                                   \
                if (out != sent[row]) {                                                 \
                    sent[row] = out;                                                    \
                    set_bit(self, i);                                                   \
                }                                                                       \
            }                                                                           \
        }                                                                               \
        return 0;                                                                       \
    } while (0)

static int
refuse_row(void)
{
    PyErr_SetString(PyExc_IndexError, "there is no such row");
    return -1;
}

/* The step that stands for a value, as numpy finds it in a column of its width. */
static inline uint32_t
step_of_single(float value, float low, float factor, float steps)
{
    value -= low;
    value *= factor;
    value += 0.5f;
    return (uint32_t)(value > 0 ? value < steps ? value : steps : 0);
}

static inline uint32_t
step_of_double(double value, double low, double factor, double steps)
{
    value -= low;
    value *= factor;
    value += 0.5;
    return (uint32_t)(value > 0 ? value < steps ? value : steps : 0);
}

static int
put_steps(const Put *self, const long long *rows, unsigned long long length)
{
    double low = self->low, factor = self->factor, steps = self->steps;
    float least = (float)low, times = (float)factor, most = (float)steps;
    if (self->width == 4) {
        switch (self->told) {
        case 0:
        case 1:
            EACH_ROW(float, uint8_t, (uint8_t)step_of_single(value, least, times, most));
        case 2:
            EACH_ROW(float, uint16_t,
                     (uint16_t)step_of_single(value, least, times, most));
        default:
            EACH_ROW(float, uint32_t, step_of_single(value, least, times, most));
        }
    }
    switch (self->told) {
    case 0:
    case 1:
        EACH_ROW(double, uint8_t, (uint8_t)step_of_double(value, low, factor, steps));
    case 2:
        EACH_ROW(double, uint16_t, (uint16_t)step_of_double(value, low, factor, steps));
    default:
        EACH_ROW(double, uint32_t, step_of_double(value, low, factor, steps));
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
    if (self->is_quantized) {
        return put_steps(self, rows, length);
    }
    switch (self->width) {
    case 1:
        EACH_ROW(uint8_t, uint8_t, value);
    case 2:
        EACH_ROW(uint16_t, uint16_t, value);
    case 4:
        EACH_ROW(uint32_t, uint32_t, value);
    default:
        EACH_ROW(uint64_t, uint64_t, value);
    }
}

/* Whether an array has one number of some bytes in each place, at a fit address. */
static int
is_even(const Py_buffer *view, Py_ssize_t most)
{
    Py_ssize_t width = view->itemsize;
    return (width == 1 || width == 2 || width == 4 || width == 8) && width <= most
           && view->format[0] != 0 && view->format[1] == 0
           && (uintptr_t)view->buf % (size_t)width == 0;
}

/* Whether the arrays fit each other; 0, or -1 with an exception. */
static int
check(Put *self)
{
    if (is_even(&self->data, 8) && is_even(&self->values, 8) && is_even(&self->rows, 8)
        && is_even(&self->bits, 8) && is_even(&self->sent, self->is_quantized ? 4 : 8)) {
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
    if (look(data, &self.data, PyBUF_WRITABLE) == 0
        && look(sent, &self.sent, PyBUF_WRITABLE) == 0 && look(rows, &self.rows, 0) == 0
        && look(values, &self.values, 0) == 0
        && look(bits, &self.bits, PyBUF_WRITABLE) == 0 && check(&self) == 0
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
