-- revision: ccc
-- down_revision: aaa, bbb
-- depends_on: zzz
-- branch: side
-- message: by hand
-- schema: 1 2
-- a remark

-- +upgrade

INSERT INTO `d`.t (a) /* why */ VALUES ('x;\'y'), ("z");
UPDATE t SET a = 1 -- all
;
-- step: object=`odd ``name` class=dml job=true destructive=true before=1 after=- undoes=3
ALTER TABLE t SWAP WITH u

-- +downgrade
-- irreversible: the rows are gone
