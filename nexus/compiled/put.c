/* Put: values into rows of a column, and what of that clients are to be told. */

#include "parts.h"

/* A fused operation would round once where numpy rounds twice. */
#pragma STDC FP_CONTRACT OFF

typedef struct {
    Py_buffer data, sent, rows, values, bits;
    Py_ssize_t width, told, count, step; /* bytes of a value, and of what is told */
    unsigned long long bit;
    double low, factor, steps;
    int is_quantized;
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

static unsigned long long
load(const char *from, Py_ssize_t width)
{
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    switch (width) {
    case 1:
        return *(const unsigned char *)from;
    case 2:
        memcpy(&two, from, 2);
        return two;
    case 4:
        memcpy(&four, from, 4);
        return four;
    default:
        memcpy(&eight, from, 8);
        return eight;
    }
}

static void
store(char *to, unsigned long long number, Py_ssize_t width)
{
    uint16_t two = (uint16_t)number;
    uint32_t four = (uint32_t)number;
    uint64_t eight = number;
    switch (width) {
    case 1:
        *to = (char)number;
        break;
    case 2:
        memcpy(to, &two, 2);
        break;
    case 4:
        memcpy(to, &four, 4);
        break;
    default:
        memcpy(to, &eight, 8);
    }
}

/* The step that stands for a value, as numpy finds it in a column of its width. */
static unsigned long long
step_of(const Put *self, const char *from)
{
    if (self->width == 4) {
        float single, low = (float)self->low, steps = (float)self->steps;
        memcpy(&single, from, 4);
        single -= low;
        single *= (float)self->factor;
        single += 0.5f;
        return (unsigned long long)(single < steps ? single : steps);
    }
    double number;
    memcpy(&number, from, 8);
    number -= self->low;
    number *= self->factor;
    number += 0.5;
    return (unsigned long long)(number < self->steps ? number : self->steps);
}

static int
put_all(const Put *self)
{
    const long long *rows = self->rows.buf;
    long long length = self->data.len / self->width;
    for (Py_ssize_t i = 0; i < self->count; i++) {
        if (rows[i] < 0 || rows[i] >= length) {
            PyErr_Format(PyExc_IndexError, "there is no row %lld", rows[i]);
            return -1;
        }
    }
    char *data = self->data.buf, *sent = self->sent.buf, *bits = self->bits.buf;
    const char *from = self->values.buf;
    Py_ssize_t of_bits = self->bits.itemsize;
    for (Py_ssize_t i = 0; i < self->count; i++, from += self->step) {
        unsigned long long value = load(from, self->width);
        long long row = rows[i];
        if (row < 0 || row >= length) {
            PyErr_SetString(PyExc_IndexError, "the rows changed while they were written");
            return -1;
        }
        store(data + row * self->width, value, self->width);
        if (self->told == 0) {
            continue;
        }
        char *known = sent + row * self->told;
        unsigned long long out = self->is_quantized ? step_of(self, from) : value;
        if (out != load(known, self->told)) {
            store(known, out, self->told);
            store(bits + i * of_bits, load(bits + i * of_bits, of_bits) | self->bit,
                  of_bits);
        }
    }
    return 0;
}

/* Whether the arrays fit each other; 0, or -1 with an exception. */
static int
check(Put *self)
{
    char letter = *self->data.format;
    self->width = self->data.itemsize;
    self->told = self->sent.len ? self->sent.itemsize : 0;
    self->count = self->rows.len / 8;
    Py_ssize_t given = self->values.len / self->width;
    self->step = given == self->count ? self->width : 0;
    int is_width = self->width == 1 || self->width == 2 || self->width == 4
                   || self->width == 8;
    int is_told = self->told == 0
                  || self->sent.len / self->told == self->data.len / self->width;
    int is_form = self->is_quantized ? (letter == 'f' || letter == 'd')
                                     : self->told == 0 || self->told == self->width;
    if (!is_width || !is_told || !is_form || self->rows.itemsize != 8
        || strchr("lq", *self->rows.format) == NULL
        || self->values.itemsize != self->width
        || (self->is_quantized && *self->values.format != letter)
        || (given != self->count && given != 1)
        || self->bits.len != self->count * self->bits.itemsize || self->bits.itemsize > 8
        || self->sent.itemsize > 8) {
        PyErr_SetString(PyExc_ValueError, "the arrays of a column do not fit");
        return -1;
    }
    return 0;
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
        if (!PyArg_ParseTuple(quantized, "ddd", &self.low, &self.factor, &self.steps)) {
            return NULL;
        }
    }
    if (look(data, &self.data, PyBUF_WRITABLE) == 0
        && look(sent, &self.sent, PyBUF_WRITABLE) == 0 && look(rows, &self.rows, 0) == 0
        && look(values, &self.values, 0) == 0
        && look(bits, &self.bits, PyBUF_WRITABLE) == 0 && check(&self) == 0
        && put_all(&self) == 0) {
        done = Py_NewRef(Py_None);
    }
    PyBuffer_Release(&self.bits);
    PyBuffer_Release(&self.values);
    PyBuffer_Release(&self.rows);
    PyBuffer_Release(&self.sent);
    PyBuffer_Release(&self.data);
    return done;
}
