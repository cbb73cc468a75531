SELECT `db`.`berth`.`pier` LIKE 'a%' AS `k`
FROM `db`.`berth`