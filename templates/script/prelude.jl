# Stands before a Julia script, and binds its placeholders to what the command line brings. wfc leaves this head out,
# and puts a line a variable in place of the one of bindings.

# Written by wfc: binds the placeholders of the script below.
pushfirst!(LOAD_PATH, pwd())
let values = copy(ARGS)
    empty!(ARGS)
    next() = popfirst!(values)
    # wfc: bindings
end
# End of what wfc wrote.
