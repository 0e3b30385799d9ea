"""What a plugin looks like: check, detector, source, notifier; and the catalogue that finds them.

A plugin is one file with its metadata, its documentation (the module's docstring) and its logic. Importing one changes nothing: a decorator
returns a declaration, and the catalogue reads declarations. The project's own shelves use the same API as outsiders, who register a
package under the entry point group `seawall.plugins`.
"""
