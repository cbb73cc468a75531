SELECT left(`db`.`berth`.`pier`, 1) AS `k`
FROM `db`.`berth`