SELECT `db`.`berth`.`pier` IS NULL AS `k`
FROM `db`.`berth`