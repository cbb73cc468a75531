SELECT hll_hash(`db`.`berth`.`pier`) AS `k`
FROM `db`.`berth`