SELECT count(DISTINCT `db`.`berth`.`id`, `db`.`berth`.`pier`) AS `k`
FROM `db`.`berth`