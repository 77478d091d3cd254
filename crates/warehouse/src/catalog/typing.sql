-- What statements with known types call.
-- A string for a column of so many bytes: blanks too many are cut, more is the error.
CREATE MACRO memory.rs_own.fit(v, bytes, message) AS CASE
  WHEN strlen(v) <= bytes THEN v
  WHEN strlen(rtrim(v, ' ')) <= bytes THEN left(v, length(v) - (strlen(v) - bytes))
  ELSE error(message) END;
-- A value of a CHAR column of the catalog (column_types.in): as of any other, without its blanks.
CREATE MACRO memory.rs_own.chars(v, width) AS rtrim(left(v, width), ' ');
