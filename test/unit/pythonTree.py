"""Prints what programs are to Python, which comments are not part of, nor here doc strings.

Standard input has a JSON list of programs, standard output has one of what they are, or of why they are none.
"""

import ast
import json
import sys


def tree(program):
    try:
        whole = ast.parse(program)
    except SyntaxError as error:
        return repr(error)
    for node in ast.walk(whole):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body[:1] = [] if len(node.body) > 1 else [ast.Pass()]
    return ast.dump(whole)


print(json.dumps([tree(program) for program in json.load(sys.stdin)]))
