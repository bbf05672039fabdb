/* Strays: which rows are in another Cell of a grid by now, as `nexus.sim.grid` finds it. */

#include "parts.h"

typedef struct {
    double low, high_cell, side; /* where Cells begin, and the number of the last one */
    Py_buffer view;
    int is_single;
} Axis;

typedef struct {
    Axis x, y;
    Py_buffer cells;
    const long long *rows;
    Py_ssize_t count;
    Py_ssize_t known; /* all arrays have that many rows */
    long long columns;
} Strays;

/* The number of a Cell along an axis; -1 for what is not a number. */
static inline long long
along(const Axis *axis, long long row)
{
    double value = axis->is_single ? (double)((const float *)axis->view.buf)[row]
                                   : ((const double *)axis->view.buf)[row];
    double at = (value - axis->low) / axis->side;
    if (at != at) {
        return -1;
    }
    at = at > 0 ? at : 0;
    return (long long)(at < axis->high_cell ? at : axis->high_cell);
}

/* Where the results go: rows that stay and their Cells, and rows that moved with the Cell
   that each left, and the one it is in. */
typedef struct {
    long long *stays, *moved;
    int32_t *here, *left, *to;
    Py_ssize_t still, gone;
} Found;

/* 1 when all are found; 0 if a position is no number; -1 with an exception. */
static int
find(const Strays *self, Found *found)
{
    const int32_t *cells = self->cells.buf;
    for (Py_ssize_t i = 0; i < self->count; i++) {
        if (i + AHEAD < self->count) {
            long long next = self->rows[i + AHEAD];
            expect_read(place_of(self->x.view.buf, next, self->x.view.itemsize));
            expect_read(place_of(self->y.view.buf, next, self->y.view.itemsize));
            expect_read(place_of(cells, next, sizeof *cells));
        }
        long long row = self->rows[i];
        if (row < 0 || row >= self->known) {
            return refuse_row();
        }
        long long column = along(&self->x, row), line = along(&self->y, row);
        if (column < 0 || line < 0) {
            return 0;
        }
        int32_t cell = (int32_t)(line * self->columns + column);
        if (cell == cells[row]) {
            found->stays[found->still] = row;
            found->here[found->still++] = cell;
        } else {
            found->moved[found->gone] = row;
            found->left[found->gone] = cells[row];
            found->to[found->gone++] = cell;
        }
    }
    return 1;
}

static PyObject *
strays_of(const Strays *self)
{
    size_t count = (size_t)(self->count ? self->count : 1);
    Found found = {.still = 0};
    char *room = PyMem_Malloc(count * (2 * sizeof(long long) + 3 * sizeof(int32_t)));
    if (room == NULL) {
        return PyErr_NoMemory();
    }
    found.stays = (long long *)(void *)room;
    found.moved = found.stays + count;
    found.here = (int32_t *)(void *)(found.moved + count);
    found.left = found.here + count;
    found.to = found.left + count;
    PyObject *out = NULL;
    int done = find(self, &found);
    if (done == 1) {
        Py_ssize_t wide = (Py_ssize_t)sizeof(long long), slim = sizeof(int32_t);
        out = Py_BuildValue("(y#y#y#y#y#)", (char *)found.stays, found.still * wide,
                            (char *)found.here, found.still * slim, (char *)found.moved,
                            found.gone * wide, (char *)found.left, found.gone * slim,
                            (char *)found.to, found.gone * slim);
    } else if (done == 0) {
        out = Py_NewRef(Py_None);
    }
    PyMem_Free(room);
    return out;
}

/* Look at the column of an axis; 0, or -1 with an exception. */
static int
axis_of(PyObject *array, Axis *axis, Py_ssize_t *known)
{
    if (array_of(array, &axis->view, 0) < 0) {
        return -1;
    }
    Py_ssize_t width = axis->view.itemsize;
    axis->is_single = width == 4;
    char letter = *axis->view.format;
    if (axis->view.format[0] != 0 && axis->view.format[1] == 0
        && ((letter == 'f' && width == 4) || (letter == 'd' && width == 8))
        && (uintptr_t)axis->view.buf % (size_t)width == 0) {
        *known = axis->view.len / width < *known ? axis->view.len / width : *known;
        return 0;
    }
    PyErr_SetString(PyExc_ValueError, "positions are floats");
    return -1;
}

PyObject *
strays(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Strays self = {.count = 0};
    Py_buffer rows;
    PyObject *who, *x, *y, *cells, *out = NULL;
    long long lines;
    if (!PyArg_ParseTuple(arguments, "OOOO(dddLL)", &who, &x, &y, &cells, &self.x.low,
                          &self.y.low, &self.x.side, &self.columns, &lines)) {
        return NULL;
    }
    self.y.side = self.x.side;
    self.x.high_cell = (double)(self.columns - 1);
    self.y.high_cell = (double)(lines - 1);
    if (self.columns < 1 || lines < 1 || self.columns > INT32_MAX / lines) {
        PyErr_SetString(PyExc_ValueError, "a grid has Cells, but not that many");
        return NULL;
    }
    if (numbers_of(who, &rows, &self.rows, &self.count) < 0) {
        return NULL;
    }
    if (array_of(cells, &self.cells, 0) == 0) {
        if (!is_whole(&self.cells) || self.cells.itemsize != 4) {
            PyErr_SetString(PyExc_ValueError, "Cells are numbers of 32 bits");
        } else {
            self.known = self.cells.len / 4;
            if (axis_of(x, &self.x, &self.known) == 0
                && axis_of(y, &self.y, &self.known) == 0) {
                out = strays_of(&self);
            }
        }
    }
    PyBuffer_Release(&self.y.view);
    PyBuffer_Release(&self.x.view);
    PyBuffer_Release(&self.cells);
    PyBuffer_Release(&rows);
    return out;
}
