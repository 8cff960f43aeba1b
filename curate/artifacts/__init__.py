"""The files that commands write: typed models of JSON, columns of tables, atomic outputs."""
