# Stands before a python3 script, and binds its placeholders to what the command line brings. wfc leaves this head out,
# and writes names and kinds into the one line of bindings; as it stands, it binds none.
#
# The arguments are also put into the environment: multiprocessing (spawn, forkserver) imports the script again in
# processes that have other arguments. In pieces, as Linux limits one variable to 128 KiB.

# Written by wfc: binds the placeholders of the script below.
def wfc_bind(kinds):
    import os
    import sys
    if __name__ == '__main__':
        values = sys.argv[1:]
        del sys.argv[1:]
        here = os.path.dirname(os.path.realpath(sys.argv[0]))
        if sys.path and os.path.realpath(sys.path[0]) == here:
            del sys.path[0]
        sys.path.insert(0, os.getcwd())
        kept = ' '.join([str(len(value)) for value in values]) + ':' + ''.join(values)
        for n in range(0, len(kept), 30000):
            os.environ['WFC_SCRIPT_%d' % (n // 30000)] = kept[n:n + 30000]
    else:
        kept = ''
        n = 0
        while 'WFC_SCRIPT_%d' % n in os.environ:
            kept += os.environ['WFC_SCRIPT_%d' % n]
            n += 1
        lengths, _, kept = kept.partition(':')
        values = []
        for length in lengths.split():
            values.append(kept[:int(length)])
            kept = kept[int(length):]
    bound = []
    for kind in kinds:
        if kind == 'list':
            count = int(values.pop(0))
            bound.append(values[:count])
            del values[:count]
        elif kind == 'number':
            bound.append(int(values.pop(0)))
        else:
            bound.append(values.pop(0))
    return bound


[] = wfc_bind([])  # wfc: bindings
del wfc_bind
# End of what wfc wrote.
