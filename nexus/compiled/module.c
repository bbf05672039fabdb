/* What of Nexus is compiled. Python does all of it too, where it could not be. */

#include "parts.h"

static PyMethodDef functions[] = {
    {"cut", (PyCFunction)(void (*)(void))cut, METH_FASTCALL,
     "cut(content, at, ends)\n--\n\n"
     "Put pieces of bytes together: where each starts and stops, after how many each "
     "part ends."},
    {"gather", (PyCFunction)(void (*)(void))gather, METH_FASTCALL,
     "gather(bucket, dirty, id_, of_bucket)\n--\n\n"
     "Empty a bucket into groups of (mask, States, ids); None: there are too many."},
    {"put", put, METH_VARARGS,
     "put(data, sent, rows, values, bits, bit, quantized)\n--\n\n"
     "Write values into rows of a column, and a bit for those that are to be told."},
    {"speak", speak, METH_VARARGS,
     "speak(head, tail, weight, cells, ids, columns)\n--\n\n"
     "Write an operation for each Cell: the Cells, the sizes, and the bytes."},
    {NULL, NULL, 0, NULL},
};

static int
begin(PyObject *module)
{
    PyType_Spec *specs[] = {&property_spec, &columns_spec, &visits_spec};
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        PyObject *type = PyType_FromModuleAndSpec(module, specs[i], NULL);
        if (type == NULL) {
            return -1;
        }
        int added = PyModule_AddType(module, (PyTypeObject *)type);
        Py_DECREF(type);
        if (added < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, begin},
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "nexus.compiled.parts",
    .m_doc = "What of Nexus is compiled.",
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_parts(void)
{
    return PyModuleDef_Init(&definition);
}
